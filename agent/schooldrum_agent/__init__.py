"""Looks at one machine and changes nothing on it."""
