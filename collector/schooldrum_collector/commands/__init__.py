"""What the office types: one command a file, each with `arguments` (what it takes) and `run` (what it does)."""
