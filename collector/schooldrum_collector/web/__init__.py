"""Doors in: what agents and the office may ask, over HTTP."""
