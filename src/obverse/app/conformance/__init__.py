"""Published worked examples, computed and compared: `obverse conformance`."""

from obverse.app.conformance.quantities import QUANTITIES
from obverse.app.conformance.rows import VOCABULARY, read_rows
from obverse.app.conformance.run import Conformance, Outcome, run_files, run_rows

__all__ = [
    "QUANTITIES",
    "VOCABULARY",
    "Conformance",
    "Outcome",
    "read_rows",
    "run_files",
    "run_rows",
]
