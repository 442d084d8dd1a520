"""Two sources of one thing, one of them spoilt on purpose."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_series import HOURS, MINUTES, START, at, good_bars

from obverse.errors import MarketDataError
from obverse.market.quality import Fault, compare
from obverse.market.series import Kind, bars, kind_named

FUNDING = kind_named("funding")


def _noisy(frame: pl.DataFrame, seed: int = 1, bp: float = 2.0) -> pl.DataFrame:
    noise = np.random.default_rng(seed).normal(0, bp * 1e-4, len(frame))
    return frame.with_columns(close=pl.col("close") * (1 + pl.Series(noise)))


def _compared(kind: Kind, a: pl.DataFrame, b: pl.DataFrame) -> dict[str, Fault]:
    return {fault.check: fault for fault in compare(kind, "a", a, "b", b)}


def _shifted(frame: pl.DataFrame, hours: int) -> pl.DataFrame:
    return frame.with_columns(pl.col("time", "open_time").dt.offset_by(f"{hours}h"))


def test_two_sources_of_one_thing_agree() -> None:
    frame = good_bars(HOURS, 2_000)
    faults = _compared(HOURS, frame.with_columns(pl.col("close") * 1.0005), _noisy(frame))
    assert list(faults) == ["agreement"]
    fault = faults["agreement"]
    assert (fault.severity, fault.count, fault.series) == ("note", 2_000, "a against b")
    assert "over 2,000 bars the median difference is 5." in fault.what
    assert "the first +5." in fault.what


@settings(max_examples=12, deadline=None)
@given(hours=st.integers(-6, 6))
def test_bars_labelled_wrongly_are_found_with_their_shift(hours: int) -> None:
    frame = good_bars(HOURS, 1_400)
    faults = _compared(HOURS, _shifted(frame, -hours), _noisy(frame))
    if not hours:
        assert "look-ahead" not in faults
        return
    fault = faults["look-ahead"]
    early, late = ("a", "b") if hours > 0 else ("b", "a")
    shift = f"{abs(hours)} interval{'' if abs(hours) == 1 else 's'}"
    assert fault.severity == "error"
    assert fault.what.startswith(f"{early} is labelled {shift} early, or {late} late, in 2 months")
    assert fault.details == ("2024-01", "2024-02")


def test_a_source_wrong_for_one_month_is_found_in_that_month() -> None:
    frame = good_bars(HOURS, 24 * 90)
    march = pl.col("time").dt.month() == 3
    wrong = frame.with_columns(
        close=pl.when(march).then(pl.col("close").shift(-1)).otherwise("close")
    )
    fault = _compared(HOURS, wrong, _noisy(frame))["look-ahead"]
    assert fault.details == ("2024-03",)
    assert "a is labelled 1 interval early" in fault.what


def test_bars_that_never_close_together_are_on_two_grids() -> None:
    kind = bars(timedelta(hours=8))
    frame = good_bars(kind, 100)
    faults = _compared(kind, frame, _shifted(frame, 4))
    assert list(faults) == ["grids"]
    assert faults["grids"].severity == "warning"
    assert "never close together but 4 h 0 min apart" in faults["grids"].what
    assert "but 1 h 0 min apart" in _compared(kind, frame, _shifted(frame, 7))["grids"].what


def test_bars_of_different_years_have_nothing_in_common() -> None:
    frame = good_bars(HOURS, 100)
    what = _compared(HOURS, frame, _shifted(frame, 24 * 365))["grids"].what
    assert what.startswith("they have no bars in common: 2024-01-01T01:00:00Z to")
    assert "and nothing" in _compared(HOURS, frame, frame.clear())["grids"].what


def test_outliers_are_told_in_basis_points() -> None:
    frame = good_bars(MINUTES, 1_000)
    spoilt = pl.when(pl.int_range(pl.len()) == 400).then(pl.col("close") * 1.02)
    spoilt = pl.when(pl.int_range(pl.len()) == 700).then(pl.col("close") * 0.99).otherwise(spoilt)
    a = frame.with_columns(close=pl.coalesce(spoilt, "close"))
    fault = _compared(MINUTES, a, _noisy(frame))["outliers"]
    assert (fault.severity, fault.count) == ("warning", 2)
    assert fault.what == "2 bars over 50 bp from the running median difference"
    assert [detail.split(" ")[0] for detail in fault.details] == [
        "2024-01-01T06:41:00Z", "2024-01-01T11:41:00Z",
    ]  # fmt: skip
    assert float(fault.details[0].split(" ")[1]) == pytest.approx(200, abs=8)


def test_a_premium_that_comes_and_goes_is_no_outlier() -> None:
    frame = good_bars(HOURS, 2_000)
    premium = 0.03 * np.sin(np.arange(2_000) / 300)
    a = frame.with_columns(close=pl.col("close") * (1 + pl.Series(premium)))
    assert "outliers" not in _compared(HOURS, a, _noisy(frame))


def test_funding_of_two_sources() -> None:
    rates = np.random.default_rng(3).normal(1e-4, 5e-5, 300)
    frame = pl.DataFrame({"time": at(300, timedelta(hours=8)), "rate": rates}).with_columns(
        interval_hours=pl.lit(8.0)
    )
    faults = _compared(FUNDING, frame, frame)
    assert list(faults) == ["agreement"]
    assert "over 300 payments the median difference is 0.00 bp" in faults["agreement"].what
    wrong = frame.with_columns(rate=pl.when(pl.int_range(300) == 7).then(0.01).otherwise("rate"))
    fault = _compared(FUNDING, wrong, frame)["outliers"]
    assert (fault.count, fault.first) == (1, START + timedelta(hours=56))
    later = frame.with_columns(pl.col("time").dt.offset_by("1h"))
    assert "no payments in common" in _compared(FUNDING, frame, later)["grids"].what


def test_rows_need_not_be_in_order_nor_once() -> None:
    frame = good_bars(HOURS, 500)
    mixed = pl.concat([frame, frame[3:40]]).sample(fraction=1.0, shuffle=True, seed=5)
    assert compare(HOURS, "a", mixed, "b", frame) == compare(HOURS, "a", frame, "b", frame)


def test_other_kinds_are_refused() -> None:
    empty = pl.DataFrame(schema=kind_named("trades").schema())
    with pytest.raises(MarketDataError, match="trades are not compared between sources"):
        compare(kind_named("trades"), "a", empty, "b", empty)
