"""The collector as one process: the store, its two doors and its timed work."""
