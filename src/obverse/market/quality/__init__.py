"""The quality of recorded series: `check` one, `compare` two, and show the faults as a table."""

from obverse.market.quality.checking import check, compare
from obverse.market.quality.faults import SEVERITIES, Fault, Severity, fault_table, worst_first

__all__ = [
    "SEVERITIES",
    "Fault",
    "Severity",
    "check",
    "compare",
    "fault_table",
    "worst_first",
]
