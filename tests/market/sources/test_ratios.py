"""Integers over a power of ten: the decimal that was meant, to the last bit."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.market.sources.ratios import ratio


@given(
    st.lists(st.integers(0, 10**14) | st.none(), min_size=1, max_size=50),
    st.sampled_from([100, 10**8]),
)
def test_it_is_the_float_nearest_to_the_decimal(numbers: list[int | None], divisor: int) -> None:
    frame = pl.DataFrame({"x": numbers}, schema={"x": pl.Int64})
    found = frame.select(ratio("x", divisor))["x"].to_list()
    assert found == [None if n is None else float(Decimal(n) / divisor) for n in numbers]


def test_plain_polars_division_would_miss() -> None:
    """The reason for the module; if this fails, Polars divides exactly and it can go."""
    frame = pl.DataFrame({"x": range(1, 10_000)})
    plain = frame.select(pl.col("x") / 100)["x"]
    exact = frame.select(ratio("x", 100))["x"]
    assert (plain != exact).any()
    assert exact.to_list() == pytest.approx(plain.to_list(), rel=1e-15)
