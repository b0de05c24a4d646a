"""Doors to memory: one interface (`interface.py`), its records, and the stores that keep it."""
