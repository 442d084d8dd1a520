"""Each quantity of the format, and the function that computes it: the table `QUANTITIES`.

A function takes the row's case and returns the keys it computes. Quantities of the vocabulary that
are not in the table are not yet supported.
"""

from __future__ import annotations

from collections.abc import Callable

from obverse.app.conformance import mark_quantities as marks
from obverse.app.conformance import value_quantities as values
from obverse.app.conformance.case import Case
from obverse.app.conformance.results import Result
from obverse.errors import DataError

QUANTITIES: dict[str, Callable[[Case], Result]] = {
    "contract_value": values.contract_value,
    "average_entry": values.average_entry,
    "pnl": values.pnl,
    "unrealized_pnl": values.unrealized_pnl,
    "return_on_equity": values.return_on_entry,
    "equity": values.equity,
    "fee": values.fee,
    "position_size": values.position_size,
    "hedge": values.hedge,
    "quanto_hedge": values.hedge_with_quanto,
    "volume_weighted_price": values.volume_weighted_price,
    "expiry": values.expiry,
    "listed_expiries": values.listed_expiries,
    "combo_price": values.combo_price,
    "carry_price": values.carry_price,
    "index_price": marks.index_price,
    "impact_mid_price": marks.impact_mid_price,
    "market_price": marks.market_price,
    "mark_price": marks.mark_price,
    "fair_basis": marks.fair_basis,
    "premium": marks.premium,
    "funding_interest": marks.funding_interest,
    "funding_rate": marks.funding_rate,
    "funding_cap": marks.funding_cap,
    "absolute_funding_rate": marks.absolute_funding_rate,
    "funding_payment": marks.funding_payment,
    "twap_funding": marks.twap_funding,
    "delivery_window": marks.delivery_window,
    "price_band": marks.price_band,
}
"""From a quantity's word to the function that computes it."""


def compute(case: Case) -> Result:
    """Compute a row's quantity; an input that it needs and lacks raises `DataError`."""
    try:
        return QUANTITIES[case.row.quantity](case)
    except KeyError as error:
        raise DataError(f"given {error.args[0]!r} is missing.") from None
