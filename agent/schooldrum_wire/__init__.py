"""What agent and collector both know: the words, the catalogue of metrics and sections, and how a report travels.

Standard library and msgspec only; it imports neither the agent nor the collector.
"""
