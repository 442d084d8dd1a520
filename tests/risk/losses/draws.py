"""What Hypothesis draws the loss rules' winners, budgets and coins from."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from obverse.contracts import Amount, Currency
from obverse.risk.losses import Winner

BTC = Currency("BTC")
fractions = st.integers(0, 840).map(lambda part: Fraction(part, 840))
profits = st.integers(0, 10**9).map(lambda part: Fraction(part, 997)) | st.just(Fraction(0))
weights = st.integers(0, 1000).map(lambda part: Fraction(part, 20))


def _named(parts: list[tuple[Fraction, Fraction, Fraction]]) -> list[Winner]:
    return [Winner(f"account {place}", *part) for place, part in enumerate(parts)]


winners = st.lists(st.tuples(profits, fractions, weights), min_size=1, max_size=6).map(_named)
uncapped = st.lists(profits, min_size=1, max_size=6).map(
    lambda parts: [Winner(f"account {place}", part) for place, part in enumerate(parts)]
)


@st.composite
def budgets(draw: st.DrawFn, of: list[Winner]) -> Fraction:
    """Draw a budget from nothing to somewhat above all profits."""
    total = sum((winner.profit for winner in of), Fraction(0))
    return Fraction(draw(st.integers(0, 1300)), 1000) * max(total, Fraction(1))


amounts = st.integers(0, 10**13).map(lambda units: Amount(units, BTC))
small_amounts = st.integers(0, 12).map(lambda units: Amount(units, BTC))
coin_profits = st.lists(amounts | small_amounts, min_size=1, max_size=8).map(
    lambda parts: {f"account {place}": part for place, part in enumerate(parts)}
)
