"""How large anything may be, compiled into both sides; no setting can lift these."""

REPORTS_PER_DELIVERY = 100
PACKED_BYTES = 1 << 20
UNPACKED_BYTES = 8 << 20
RESULTS_PER_REPORT = 2000
READINGS_PER_RESULT = 200
READINGS_PER_MACHINE = 200
ROWS_PER_SECTION = 5000
NAME_LENGTH = 120
LABEL_LENGTH = 128
TEXT_LENGTH = 1000
REASON_LENGTH = 200
AGE_SECONDS = 30 * 86400
"""A result older than this is refused: no spool keeps it longer."""

FARTHEST_SECONDS = 2.0**40
"""No clock of a PC counts this far; what does is no time (and larger numbers lose whole seconds in a float)."""
LONGEST_SECONDS = 100 * 365.25 * 86400.0
"""A century: no PC measures longer, and no clock of one is set so far from the present by mistake."""
FINGERPRINT_ITEMS = 32
REFUSALS = 20
