import pathlib
import sys

# `from tests import ...` also where pytest is not started from the root.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
