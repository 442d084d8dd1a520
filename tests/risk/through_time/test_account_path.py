"""A past path of prices: the arrays are their exact twin's, calls are met, nothing looks ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.contracts import Position, fill
from obverse.errors import BookError, DataError, ObverseError
from obverse.risk.margin import Held, MarginAccount, MarginSetting, margin_terms
from obverse.risk.through_time import margin_path
from obverse.risk.through_time._path_arrays import path_arrays, path_reference
from obverse.rulebooks import rulebook

STYLES = [
    ("deribit", "BTC-PERPETUAL"),
    ("binance", "BTCUSD_PERP"),
    ("bitmex", "XBTUSD"),
    ("bybit", "BTCUSD"),
    ("kraken", "PI_XBTUSD"),
    ("okx", "BTC-USD-SWAP"),
]
START = datetime(2026, 1, 1, tzinfo=UTC)
paths = st.lists(st.integers(20_000, 120_000), min_size=2, max_size=8)


def account(
    venue: str, symbol: str, usd: int, coins: str, setting: MarginSetting | None = None
) -> MarginAccount:
    book = rulebook(venue, as_of="2026-02-01")
    instrument = book.instrument(symbol)
    count = instrument.contracts_of(abs(usd)) * (1 if usd > 0 else -1)
    position = fill(Position.flat(instrument), count, Decimal(50_000))
    held = Held(
        position, margin_terms(book, instrument), Decimal(50_000), setting or MarginSetting()
    )
    currency = instrument.accounting.currency
    return MarginAccount(venue, currency, currency.amount(Decimal(coins)), Decimal(50_000), (held,))


def times(count: int) -> list[datetime]:
    return [START + timedelta(hours=hour) for hour in range(count)]


@settings(deadline=None, max_examples=80)
@given(
    style=st.sampled_from(STYLES),
    usd=st.integers(-3000, 3000).filter(bool),
    coins=st.decimals("0.1", "100", places=1),
    prices=paths,
    isolated=st.booleans(),
)
def test_arrays_equal_the_exact_engine_but_for_rounding(
    style, usd, coins, prices, isolated
) -> None:
    setting = MarginSetting("isolated", Decimal(5)) if isolated else MarginSetting()
    made = account(*style, usd * 1000, str(coins), setting)
    index = np.array(prices, dtype=np.float64)
    marks = {made.held[0].symbol: index}
    found, exact = path_arrays(made, index, marks), path_reference(made, index, marks)
    near = {"rel": 1e-7, "abs": 4e-4}  # a unit for each of 30,000 lots
    for place, state in enumerate(exact):
        assert found.equity[place] == pytest.approx(float(state.margin_balance.coins), **near)
        assert found.cross_equity[place] == pytest.approx(float(state.cross_equity.coins), **near)
        assert found.initial[place] == pytest.approx(float(state.initial.coins), **near)
        assert found.maintenance[place] == pytest.approx(float(state.maintenance.coins), **near)
        gap = state.cross_equity.coins - state.maintenance.coins
        if not isolated and abs(gap) > Decimal("1e-4"):
            assert bool(found.is_liquidated[place]) == (state.status in ("liquidation", "bankrupt"))


@settings(deadline=None, max_examples=40)
@given(usd=st.integers(10, 1000), prices=paths, cut=st.integers(1, 7))
def test_a_shorter_path_is_the_same_as_far_as_it_goes(usd, prices, cut) -> None:
    made = account("deribit", "BTC-PERPETUAL", usd * 1000, "2")
    count = min(cut, len(prices))
    whole = margin_path(made, times(len(prices)), prices)
    part = margin_path(made, times(count), prices[:count])
    for name in ("equity_coin", "leverage", "maintenance", "margin_ratio", "available"):
        assert getattr(part, name).tolist() == getattr(whole, name)[:count].tolist()
    assert part.calls == tuple(call for call in whole.calls if call.place < count)


@settings(deadline=None, max_examples=60)
@given(usd=st.integers(10, 2000), prices=paths, target=st.sampled_from([None, 2.0, 5.0]))
def test_top_ups_meet_every_call(usd, prices, target) -> None:
    made = account("binance", "BTCUSD_PERP", usd * 1000, "1")
    path = margin_path(made, times(len(prices)), prices, target_ratio=target)
    total = 0.0
    for place in range(len(prices)):
        calls = [call for call in path.calls if call.place == place]
        for call in calls:
            assert call.top_up > 0
            total += call.top_up
            assert call.total == pytest.approx(total)
            if target is not None:
                ratio = (path.cross_equity[place] + total) / path.maintenance[place]
                assert ratio >= target - 1e-9
        assert path.available[place] + total >= -1e-9


def test_liquidation_is_at_the_first_instant_below_maintenance() -> None:
    made = account("deribit", "BTC-PERPETUAL", 100_000, "0.5")
    prices = [50_000, 45_000, 41_000, 40_000, 39_000]  # 2.5 coins are worth 100,000 at 40,000
    path = margin_path(made, times(5), prices)
    states = path_reference(
        made, np.array(prices, dtype=float), {"BTC-PERPETUAL": np.array(prices)}
    )
    due = [place for place, state in enumerate(states) if state.status != "healthy"]
    first = next(p for p, s in enumerate(states) if s.status in ("liquidation", "bankrupt"))
    assert path.liquidated == first
    assert path.calls[0].place == due[0]
    assert "it would have been liquidated at 2026-01-01 03:00" in str(path)


def test_an_isolated_position_is_asked_nothing_and_may_end() -> None:
    setting = MarginSetting("isolated", Decimal(10))
    made = account("binance", "BTCUSD_PERP", 100_000, "1", setting)
    path = margin_path(made, times(3), [50_000, 48_000, 40_000])
    assert path.calls == ()
    assert path.liquidated == 2
    assert path.equity_coin[2] == pytest.approx(0.8, abs=0.002)  # the margin is all that is lost
    assert "No calls are made on isolated positions (BTCUSD_PERP)" in str(path)
    assert "there was always margin" not in str(path)


def test_an_account_that_was_never_called_says_so() -> None:
    made = account("deribit", "BTC-PERPETUAL", 100_000, "5")
    assert "No margin call" in str(margin_path(made, times(2), [50_000, 51_000]))


def test_the_chart_marks_calls_and_ends_at_a_leverage_that_can_be_read() -> None:
    made = account("deribit", "BTC-PERPETUAL", 100_000, "0.5")
    path = margin_path(made, times(4), [50_000, 45_000, 40_001, 39_999])
    upper, lower = path.plot()
    assert upper.get_ylim()[1] <= 125
    assert "liquidation" in [text.get_text() for text in lower.get_legend().get_texts()]


@pytest.mark.parametrize(
    ("moments", "prices", "words"),
    [
        ([], [], "times: none"),
        (times(2), [1.0], "expected 2, one an instant"),
        (times(2)[::-1], [1.0, 1.0], "instant 1 is not after"),
        (times(2), [50_000, float("nan")], "index"),
        (times(2), [50_000, 0.0], "index"),
        (times(2), [50_000, float("inf")], "index"),
    ],
)
def test_a_path_that_is_none_is_refused(moments, prices, words) -> None:
    made = account("deribit", "BTC-PERPETUAL", 100_000, "5")
    with pytest.raises(ObverseError, match=words):
        margin_path(made, moments, prices)


def test_ratios_marks_and_portfolio_accounts_are_checked() -> None:
    made = account("deribit", "BTC-PERPETUAL", 100_000, "5")
    with pytest.raises(DataError, match=r"trigger_ratio: found 0\.5"):
        margin_path(made, times(1), [50_000], trigger_ratio=0.5)
    with pytest.raises(DataError, match=r"target_ratio: 2\.0 is below the trigger of 3\.0"):
        margin_path(made, times(1), [50_000], trigger_ratio=3.0, target_ratio=2.0)
    with pytest.raises(BookError, match="marks: XBTUSD is not held"):
        margin_path(made, times(1), [50_000], marks_usd={"XBTUSD": [1.0]})
    held = replace(made.held[0], mark_price=Decimal(51_000))
    found = margin_path(replace(made, held=(held,)), times(1), [100_000])
    assert found.equity_coin[0] == pytest.approx(5 + 2 - 100_000 / 102_000)
