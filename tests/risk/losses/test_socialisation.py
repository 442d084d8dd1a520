"""Loss socialisation: the published example, and what losers and the last unit get."""

from __future__ import annotations

import pytest
from hypothesis import given

from obverse.contracts import Amount, Currency
from obverse.errors import AmountError
from obverse.risk.losses import socialise

from . import draws
from .draws import BTC

UNITS = Currency("USDT", exponent=0, shown=0)


def test_two_equal_winners_share_an_odd_shortfall() -> None:
    """Vega's 0053-PERP-039: 137733 over two gains of 5000000; the first bears the odd unit."""
    gains = {"party2": Amount(5_000_000, UNITS), "party3": Amount(5_000_000, UNITS)}
    made = socialise(Amount(137_733, UNITS), gains)
    assert made.taken() == {"party2": Amount(68_867, UNITS), "party3": Amount(68_866, UNITS)}


def test_losers_and_those_without_a_gain_are_not_touched() -> None:
    gains = {"loser": Amount(-900, BTC), "even": Amount(0, BTC), "winner": Amount(300, BTC)}
    made = socialise(Amount(100, BTC), gains)
    assert made.taken() == {"winner": Amount(100, BTC)}


def test_a_shortfall_above_all_gains_leaves_the_rest_uncovered() -> None:
    made = socialise(Amount(1000, BTC), {"A": Amount(300, BTC), "B": Amount(400, BTC)})
    assert [item.kept.units for item in made.haircuts] == [0, 0]
    assert made.uncovered == Amount(300, BTC)


def test_a_session_without_winners_covers_nothing() -> None:
    assert socialise(Amount(7, BTC), {"A": Amount(-1, BTC)}).uncovered == Amount(7, BTC)


@given(gains=draws.coin_profits, shortfall=draws.amounts)
def test_coin_is_conserved(gains: dict[str, Amount], shortfall: Amount) -> None:
    made = socialise(shortfall, gains)
    assert (
        sum(part.units for part in made.taken().values()) + made.uncovered.units == shortfall.units
    )
    assert all(made.taken()[name] <= gains[name] for name in made.taken())


def test_a_shortfall_below_zero_or_in_another_coin_is_refused() -> None:
    with pytest.raises(AmountError, match="below zero"):
        socialise(Amount(-1, BTC), {"A": Amount(5, BTC)})
    with pytest.raises(AmountError, match="do not add"):
        socialise(Amount(1, BTC), {"A": Amount(5, UNITS)})
