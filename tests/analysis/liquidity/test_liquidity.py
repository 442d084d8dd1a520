"""Liquidity: known costs and slopes are recovered, recorded minutes are short formulas."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from obverse.analysis.activity.bar_values import stored_bar_values
from obverse.analysis.liquidity import (
    Quotes,
    Trades,
    amihud,
    imbalances,
    order_flow,
    spreads,
    stored_quotes,
    stored_trades,
)
from obverse.analysis.provenance import Provenance
from obverse.errors import DataError, MarketDataError
from obverse.market.store import Store

START = datetime(2024, 8, 8, tzinfo=UTC)
PLACE = Provenance("binance", "BTCUSD_PERP", "made", START, START)
SECOND = 10**9


def quotes(bid: np.ndarray, ask: np.ndarray, **changes: object) -> Quotes:
    """A quote a second, of one contract of 100 dollars on each side."""
    ones = np.ones(len(bid))
    fields = {"times_ns": SECOND * np.arange(len(bid)), "bid": bid, "bid_size": ones,
              "ask": ask, "ask_size": ones, "multiplier": 100.0}  # fmt: skip
    return Quotes(PLACE, **(fields | changes))  # type: ignore[arg-type]


def trades(times_ns: np.ndarray, sign: np.ndarray, price: np.ndarray) -> Trades:
    return Trades(PLACE, times_ns, sign, price, np.ones(len(sign)))


def permanent_impact(impact_bp: float, half_bp: float, seed: int) -> tuple[Trades, Quotes]:
    """A trade in the middle of each second, which moves the mid for good."""
    random = np.random.default_rng(seed)
    sign = random.choice([-1.0, 1.0], 3000)
    noise = random.normal(0, 0.3, 3000)
    mid = 50_000 * np.exp(np.concatenate([[0], np.cumsum(impact_bp * sign + noise)]) * 1e-4)
    half = mid * half_bp * 1e-4
    made = quotes(mid - half, mid + half)
    times = made.times_ns[:-1] + SECOND // 2
    return trades(times, sign, (mid + np.append(sign, 0) * half)[:-1]), made


def test_known_impact_and_spreads_are_recovered_within_their_errors() -> None:
    inside = 0
    for seed in range(40):
        found = spreads(*permanent_impact(0.5, 2.0, seed), horizons_seconds=[1.0])
        assert found.effective.mean_bp == pytest.approx(4.0, abs=1e-9)
        assert found.quoted_bp == pytest.approx(4.0, abs=1e-9)
        after = found.horizons[0]
        inside += abs(after.impact.mean_bp - 1.0) < 1.96 * after.impact.error_bp
        assert after.realised.mean_bp + after.impact.mean_bp == pytest.approx(
            after.effective.mean_bp
        )
    assert inside / 40 >= 0.85


def test_the_quote_of_a_trades_own_instant_does_not_count() -> None:
    made = quotes(np.array([99.0] * 10 + [109.0]), np.array([101.0] * 10 + [111.0]))
    times = np.full(10, made.times_ns[-1])
    found = spreads(trades(times, np.ones(10), np.full(10, 101.0)), made, horizons_seconds=[])
    assert found.effective.mean_bp == pytest.approx(200.0)
    assert found.bid_depth_usd == 100


def test_imbalance_of_a_few_quotes_is_that_of_the_paper() -> None:
    made = quotes(
        np.array([100.0, 100, 101, 101, 100]), np.array([102.0, 102, 102, 103, 103]),
        bid_size=np.array([5.0, 7, 3, 3, 9]), ask_size=np.array([4.0, 4, 1, 6, 6]),
    )  # fmt: skip
    assert imbalances(made).tolist() == [2.0, 3.0 + 3.0, 1.0, -3.0]


def test_the_slope_of_a_known_price_impact_is_recovered() -> None:
    inside = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        size = np.round(random.uniform(1, 50, 6001))
        flow = np.concatenate([[0.0], np.diff(size)]) * 100
        moves = 2.0 * np.add.reduceat(flow, np.arange(1, 6001, 10)) / 1e6
        noisy = moves + random.normal(0, 2e-3, 600)
        mid = np.repeat(np.concatenate([[0.0], np.cumsum(noisy)]), 10)[9:6010]
        mid = 50_000 * np.exp(mid[:6001] * 1e-4)
        found = order_flow(_frozen(mid, size))
        line = found.on_imbalance
        inside += abs(line.slope - 2.0) < 2.3 * line.slope_error
    assert inside / 40 >= 0.85


def _frozen(mid: np.ndarray, size: np.ndarray) -> Quotes:
    """Quotes whose imbalance comes of the bid's size alone: the mid moves by the ask's side.

    The ask's size is zero, so that its moves add nothing; the bid never moves.
    """
    return quotes(
        np.full(len(mid), 40_000.0), 2 * mid - 40_000.0, bid_size=size,
        ask_size=np.zeros(len(mid)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def recorded(recorded_store: Callable[..., Store]) -> Store:
    return recorded_store(
        "binance_coinm_l2/cm_btcusd_perp_bookticker.parquet",
        "binance_coinm_l2/cm_btcusd_perp_trades.parquet",
    )


def test_recorded_minutes_are_short_formulas(recorded: Store) -> None:
    q = stored_quotes(recorded, "binance", "BTCUSD_PERP")
    t = stored_trades(recorded, "binance", "BTCUSD_PERP")
    found = spreads(t, q, horizons_seconds=[10.0])
    tops = pl.DataFrame({"t": q.times_ns, "mid": q.mid}).group_by("t", maintain_order=True).last()
    rows = pl.DataFrame({"t": t.times_ns, "d": t.sign, "p": t.price, "w": t.size})
    before = rows.with_columns(pl.col("t") - 1).sort("t").join_asof(tops, on="t")
    own = before.filter(pl.col("mid").is_not_null())
    paid = (2e4 * own["d"] * (own["p"] - own["mid"]) / own["mid"] * own["w"]).sum()
    assert found.effective.mean_bp == pytest.approx(paid / own["w"].sum(), rel=1e-3)
    assert 0.01 < found.quoted_bp < 0.03
    assert "impact after 10 s" in str(found)
    late = spreads(t, q, horizons_seconds=[3600.0])
    assert not late.horizons
    assert "quotes 3600 s later" in late.warnings[-1]
    flow = order_flow(q, t)
    assert 0.5 < flow.on_imbalance.r_squared < 0.9  # the paper: 65 % on average, for stocks
    assert flow.on_imbalance.r_squared > 3 * flow.on_trades.r_squared  # type: ignore[union-attr]
    edges = q.times_ns[0] + 10 * SECOND * np.arange(65)
    mids = np.array([q.mid[q.times_ns <= edge][-1] for edge in edges])
    assert flow.moves_bp == pytest.approx(1e4 * np.diff(np.log(mids)))
    coefficients = np.polyfit(flow.imbalance_usd / 1e6, flow.moves_bp, 1)
    assert flow.on_imbalance.slope == pytest.approx(coefficients[0])
    assert flow.to_frame()["slope"][0] == flow.on_imbalance.slope


def test_what_is_known_at_an_instant_is_all_that_counts(recorded: Store) -> None:
    at = "2024-08-09T00:00:00Z"
    cut = int(datetime(2024, 8, 9, tzinfo=UTC).timestamp()) * SECOND
    early = stored_quotes(recorded, "binance", "BTCUSD_PERP", until=at)
    full = stored_quotes(recorded, "binance", "BTCUSD_PERP")
    count = int((full.times_ns <= cut).sum())
    assert len(early) == count
    assert np.array_equal(early.mid, full.mid[:count])
    flow, whole = order_flow(early), order_flow(full)
    assert np.array_equal(flow.moves_bp, whole.moves_bp[: len(flow.moves_bp)])
    assert flow.imbalance_usd == pytest.approx(whole.imbalance_usd[: len(flow.moves_bp)])
    assert len(spreads(stored_trades(recorded, "binance", "BTCUSD_PERP"), full).plot().lines) > 2
    assert flow.plot().get_ylabel() == "change of the mid (bp)"


def test_amihud_is_moves_over_dollars(made_store: Callable[..., Store]) -> None:
    close = np.array([100.0, 101, 99, 99, 102, 103, 100, 98, 97, 99, 100, 101])
    dollars = np.arange(1.0, 13) * 1e6
    time = [START + timedelta(days=n + 1) for n in range(12)]
    rows = pl.DataFrame({"time": time, "open": close, "high": close, "low": close, "close": close,
                         "volume_quote": dollars})  # fmt: skip
    rows = rows.with_columns((pl.col("time") - timedelta(days=1)).alias("open_time"))
    store = made_store(("bybit", "BTCUSD", "bars_1d", rows))
    found = amihud(stored_bar_values(store, "bars_1d", "bybit", "BTCUSD"))
    expected = 1e4 * np.abs(np.diff(np.log(close))) / np.arange(2, 13)
    assert found.mean == pytest.approx(expected.mean())
    assert found.median == pytest.approx(np.median(expected))
    assert len(found.plot().lines) == 1


def test_bad_rows_are_named(made_store: Callable[..., Store]) -> None:
    flat = np.full(20, 100.0)
    with pytest.raises(MarketDataError, match="row 0 is crossed"):
        quotes(flat, flat)
    with pytest.raises(MarketDataError, match="row 0 is nan"):
        quotes(flat * np.nan, flat + 1)
    good = quotes(flat, flat + 1)
    with pytest.raises(MarketDataError, match="neither"):
        trades(good.times_ns, np.zeros(20), flat)
    with pytest.raises(MarketDataError, match="have a quote before"):
        spreads(trades(good.times_ns[:5], np.ones(5), flat[:5]), good)
    with pytest.raises(MarketDataError, match="expected 10 at least"):
        order_flow(good)
    paid = trades(good.times_ns + 1, np.ones(20), flat)
    with pytest.raises(DataError, match="horizon: -1"):
        spreads(paid, good, horizons_seconds=[-1])
    with pytest.raises(DataError, match="above zero"):
        order_flow(good, interval_seconds=0)
    rows = pl.DataFrame({"time": [START + timedelta(seconds=n) for n in range(4)],
                         "update_id": [1, 2, 3, 4], "bid": [99.0, 101, None, 99],
                         "bid_size": [1.0] * 4, "ask": [100.0] * 4,
                         "ask_size": [1.0] * 4})  # fmt: skip
    store = made_store(("binance", "BTCUSD_PERP", "book_tops", rows))
    found = stored_quotes(store, "binance", "BTCUSD_PERP")
    assert len(found) == 2
    assert "1 quotes lack a side" in found.warnings[0]
    assert "1 quotes are crossed" in found.warnings[1]
