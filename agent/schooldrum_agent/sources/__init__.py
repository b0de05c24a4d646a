"""The doors to the machine: how a probe asks. Each raises Denied or Unavailable, and decides nothing."""
