"""Where things are. Importing this lets the modules of the tests, and bench/freshness.py, be imported."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests" / "kafka"), str(ROOT / "tests" / "system"), str(ROOT / "bench")]
