"""Each quantity of the format, and the function that computes it: the table `QUANTITIES`.

A function takes the row's case and returns the keys it computes. Quantities of the vocabulary that
are not in the table are not yet supported.
"""

from __future__ import annotations

from collections.abc import Callable

from obverse.app.conformance.case import Case
from obverse.app.conformance.loss_quantities import LOSS_QUANTITIES
from obverse.app.conformance.margin_quantities import MARGIN_QUANTITIES
from obverse.app.conformance.mark_quantities import MARK_QUANTITIES
from obverse.app.conformance.option_quantities import OPTION_QUANTITIES
from obverse.app.conformance.results import Result
from obverse.app.conformance.scenario_quantities import SCENARIO_QUANTITIES
from obverse.app.conformance.tail_quantities import TAIL_QUANTITIES
from obverse.app.conformance.value_quantities import VALUE_QUANTITIES
from obverse.errors import DataError

QUANTITIES: dict[str, Callable[[Case], Result]] = (
    VALUE_QUANTITIES
    | MARK_QUANTITIES
    | MARGIN_QUANTITIES
    | LOSS_QUANTITIES
    | OPTION_QUANTITIES
    | TAIL_QUANTITIES
    | SCENARIO_QUANTITIES
)
"""From a quantity's word to the function that computes it."""


def compute(case: Case) -> Result:
    """Compute a row's quantity; an input that it needs and lacks raises `DataError`."""
    try:
        return QUANTITIES[case.row.quantity](case)
    except KeyError as error:
        raise DataError(f"given {error.args[0]!r} is missing.") from None
