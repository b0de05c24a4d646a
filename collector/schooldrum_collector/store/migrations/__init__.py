"""Versions of the store, oldest first. A version that was released is never edited."""
