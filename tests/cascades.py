"""Accounts for cascades, and what Hypothesis draws them from."""

from __future__ import annotations

from decimal import Decimal

from books import DERIBIT, PERPETUAL, held
from hypothesis import strategies as st

from obverse.contracts import Amount
from obverse.risk.margin import margin_terms
from obverse.risk.scenarios import CascadeAccount, CascadeRules, LossSharing, MarketImpact

TERMS = margin_terms(DERIBIT, PERPETUAL)
BTC = PERPETUAL.settlement_currency
START = Decimal(50_000)
DEEP = MarketImpact(Decimal(100), Decimal(0))


def coins(amount: str) -> Amount:
    """So many BTC as the venue keeps them."""
    return BTC.amount(amount)


def account(name: str, contracts: int, margin: str, entry: str = "50000") -> CascadeAccount:
    """An account of the perpetual, 10 USD a contract."""
    return CascadeAccount(name, held(PERPETUAL, contracts, entry), coins(margin), TERMS)


def rules(fund: str = "0", **more: object) -> CascadeRules:
    """Rules with a fund of so much."""
    return CascadeRules(coins(fund), **more)  # type: ignore[arg-type]


LONGS = [
    account("10x", 50_000, "1"),
    account("5x", 50_000, "2"),
    account("3x", 60_000, "4"),
    account("1x", 10_000, "2"),
]
"""Longs of 10, 10, 12 and 2 BTC at 50,000 USD, by their leverage."""


@st.composite
def accounts(draw: st.DrawFn, *, side: int = 0) -> list[CascadeAccount]:
    """One to six accounts; `side` +1 for longs, −1 for shorts, 0 for both."""
    made = []
    for place in range(draw(st.integers(1, 6))):
        size = draw(st.integers(1, 100_000))
        sign = side or draw(st.sampled_from([1, -1]))
        entry = draw(st.decimals("30000", "80000", places=1))
        margin = draw(st.decimals("0.001", "5", places=3))
        made.append(account(f"account {place}", sign * size, str(margin), str(entry)))
    return made


impacts = st.builds(
    MarketImpact,
    st.decimals("1", "1000", places=1),
    st.decimals("0", "0.2", places=3),
    st.sampled_from(["linear", "square_root"]),
)
moves = st.decimals("-0.6", "1.5", places=3)
all_rules = st.builds(
    rules,
    st.decimals("0", "3", places=2).map(str),
    residual=st.sampled_from(["fund", "trader"]),
    fee_rate=st.sampled_from([Decimal(0), Decimal("0.003")]),
    sharing=st.sampled_from([LossSharing("queue"), LossSharing("pro_rata")]),
)
