"""A session's settlement moves gains to cash and changes nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.contracts import Position, fill
from obverse.errors import RuleError
from obverse.marks.session import next_session, settle_session
from obverse.rulebooks import rulebook

VENUES = {"deribit": "BTC-PERPETUAL", "okx": "BTC-USD-SWAP", "bitmex": "XBTUSD"}
prices = st.integers(1_000_00, 200_000_00).map(lambda cents: Decimal(cents) / 100)


@given(
    st.sampled_from(sorted(VENUES)),
    st.integers(-5_000, 5_000).filter(bool),
    prices,
    prices,
    prices,
)
def test_equity_is_the_same_at_every_price(
    venue: str, lots: int, entry: Decimal, mark: Decimal, later: Decimal
) -> None:
    contract = rulebook(venue, as_of="2024-06-01").instrument(VENUES[venue])
    before = fill(Position.flat(contract), lots * contract.lot, entry)
    after = settle_session(before, mark_price=mark)
    assert after.position.contracts == before.contracts
    assert not after.position.realized
    assert not after.position.pnl(price=mark)
    assert after.cash == before.pnl(price=mark)
    assert after.cash + after.position.pnl(price=later) == before.pnl(price=later)


def test_a_gain_already_realised_is_booked_too() -> None:
    contract = rulebook("deribit", as_of="2024-06-01").instrument("BTC-PERPETUAL")
    held = Position.flat(contract).buy(usd_amount=100_000, price=10_000)
    half = held.sell(usd_amount=50_000, price=20_000)
    found = settle_session(half, mark_price=12_500)
    assert str(half.realized) == "2.50000000 BTC"
    assert str(found.cash) == "3.50000000 BTC"  # 2.5 realised, 50,000/10,000 − 50,000/12,500


def test_deribit_and_okx_settle_at_eight_and_bitmex_never() -> None:
    at = datetime(2024, 6, 1, 8, tzinfo=UTC)
    for venue, symbol in VENUES.items():
        book = rulebook(venue, as_of=at)
        rule = book.rules_of(book.instrument(symbol)).session
        assert rule is not None
        expected = None if venue == "bitmex" else datetime(2024, 6, 2, 8, tzinfo=UTC)
        assert next_session(rule, at) == expected


def test_a_daily_session_without_a_time_is_refused() -> None:
    book = rulebook("deribit", as_of="2024-06-01")
    rule = book.rules_of(book.instrument("BTC-PERPETUAL")).session
    assert rule is not None
    fields = {name: getattr(rule, name) for name in rule.__struct_fields__} | {"time": None}
    with pytest.raises(RuleError, match="needs its time"):
        next_session(type(rule)(**fields), datetime(2024, 6, 1, tzinfo=UTC))
