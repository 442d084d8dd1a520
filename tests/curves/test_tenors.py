"""Constant tenors: every curve at once, as one curve at a time has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.curves import curve
from obverse.curves.histories import CurveHistory, curve_history, from_tickers
from obverse.curves.tenors import constant_tenors
from obverse.errors import DataError
from obverse.market.sources.importing import find, import_file
from obverse.market.store import Store, create_store
from obverse.market.store.markets import stored_market

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The recorded Deribit curves in a store."""
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "deribit"
    if not folder.exists():
        pytest.skip(f"no recorded market data at {folder}")
    store = create_store(tmp_path_factory.mktemp("recorded") / "store")
    (found,) = find([folder / "forward_curve.parquet"])
    import_file(store, found, imported_at=AT)
    return store.reopened()


def made(*curves: dict[float, float]) -> CurveHistory:
    """Curves an hour apart, each of days to expiry and continuous rates, on an index of 100."""
    rows = []
    for place, nodes in enumerate(curves):
        at = AT + timedelta(hours=place)
        for days, rate in nodes.items():
            expiry = at + timedelta(days=days)
            price = 100 * np.exp(rate * days / 365)
            rows.append(
                {
                    "instrument": f"F{days:g}", "time": at, "snapshot_time": at,
                    "contract": "future", "expiry": expiry, "listed": True, "mark": price,
                    "index": 100.0,
                }
            )  # fmt: skip
    return from_tickers(pl.DataFrame(rows), "deribit", "BTC", "made")


def test_every_recorded_curve_is_read_as_one_alone(recorded: Store) -> None:
    history = curve_history(recorded, "deribit", "BTC")
    found = constant_tenors(history, listed_only=False)
    for place in range(0, len(history), 37):
        term = curve(stored_market(recorded, history.moment(place), "deribit"), "BTC")
        for column, days in enumerate(found.tenor_days):
            rate = found.rates[place, column]
            expiry = term.at + timedelta(days=days)
            if expiry > term.nodes[-1].expiry:
                assert np.isnan(rate)
                continue
            wanted = np.log(term.price_at(expiry) / term.index_usd) / (days / 365)
            assert rate == pytest.approx(wanted, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(
    nodes=st.dictionaries(
        st.integers(1, 400).map(float), st.floats(-0.5, 0.5), min_size=1, max_size=10
    )
)
def test_every_expiry_keeps_its_own_rate(nodes: dict[float, float]) -> None:
    history = made(nodes)
    found = constant_tenors(history, sorted(nodes))
    wanted = [nodes[days] for days in sorted(nodes)]
    assert found.rates[0].tolist() == pytest.approx(wanted, abs=1e-9)


def test_forwards_put_together_are_the_far_rate() -> None:
    found = constant_tenors(made({10: 0.02, 100: 0.05, 200: 0.03}), (30, 60, 180))
    years = np.array([30, 60, 180]) / 365
    rates, forwards = found.rates[0], found.forwards[0]
    assert rates[2] * years[2] == pytest.approx(
        rates[0] * years[0] + (forwards * np.diff(years)).sum()
    )
    assert found.slope[0] == pytest.approx(rates[2] - rates[1])
    price = 100 * np.exp(rates[1] * years[1])
    assert found.carry[0, 1] == pytest.approx((100 - price) / price / years[1])


def test_beyond_the_last_expiry_there_is_nothing_and_it_is_counted() -> None:
    found = constant_tenors(made({30: 0.02, 60: 0.03}, {30: 0.02, 100: 0.03}), (7, 90))
    assert found.rates[:, 0] == pytest.approx([0.02, 0.02])
    assert np.isnan(found.rates[0, 1])
    assert "1 of 2 curves do not reach 90 days" in found.warnings[0]
    assert found.table().records()[0]["basis_90d"] is None


def test_a_simple_rate_is_of_the_same_price() -> None:
    found = constant_tenors(made({30: 0.1, 400: 0.1}), (180,), convention="simple")
    years = 180 / 365
    assert found.basis[0, 0] == pytest.approx((np.exp(0.1 * years) - 1) / years)


def test_as_of_an_instant_nothing_later_counts(recorded: Store) -> None:
    at = datetime(2026, 2, 20, 9, tzinfo=UTC)
    early = constant_tenors(curve_history(recorded, "deribit", "BTC", until=at))
    whole = constant_tenors(curve_history(recorded, "deribit", "BTC"))
    assert np.array_equal(early.rates, whole.rates[: len(early.history)], equal_nan=True)


@pytest.mark.parametrize("tenors", [(), (0,), (30, 30), (60, 30), (-1, 30)])
def test_tenors_that_are_none_are_refused(tenors: tuple[float, ...]) -> None:
    with pytest.raises(DataError, match="tenors"):
        constant_tenors(made({30: 0.1}), tenors)


def test_it_draws_a_line_a_tenor() -> None:
    axes = constant_tenors(made({30: 0.1}, {30: 0.2}), (7, 30)).plot()
    assert [line.get_label() for line in axes.get_lines()][1:] == ["7 d", "30 d"]
