"""A simulated area that speaks the ordinary wire: to show what the product does, on data that nobody lives in."""
