"""The benchmark is a program whose parts find each other by plain names, and its test finds them the same way."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
