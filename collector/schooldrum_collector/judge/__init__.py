"""Pure decisions: no clock, no network, no memory of its own."""
