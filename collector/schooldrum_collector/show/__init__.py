"""Makes what is remembered visible: the text that Prometheus reads."""
