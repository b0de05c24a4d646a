"""Remembers, judges, shows."""
