"""The door of a perpetual's samples: what is refused, where, and what NaN may say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from obverse.errors import MarketDataError
from obverse.marks.samples import PerpetualSamples, check


def flat(count: int = 5) -> PerpetualSamples:
    price = np.full(count, 100.0)
    return PerpetualSamples(np.arange(count), price, price - 1, price + 1, price.copy())


def spoiled(name: str, step: int, value: float) -> PerpetualSamples:
    samples = flat()
    array = getattr(samples, name).copy()
    array[step] = value
    return replace(samples, **{name: array})


@pytest.mark.parametrize("name", ["bid_usd", "ask_usd", "last_usd"])
def test_nan_says_that_there_was_none(name: str) -> None:
    assert np.isnan(getattr(check(spoiled(name, 2, np.nan)), name)[2])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("index_usd", np.nan, r"index_usd: step 3 \(nan\) is not a price"),
        ("index_usd", 0.0, r"index_usd: step 3 \(0.0\) is not a price"),
        ("index_usd", 1e300, "index_usd: step 3"),
        ("bid_usd", 0.0, "bid_usd: step 3"),
        ("ask_usd", np.inf, "ask_usd: step 3"),
        ("last_usd", -5.0, "last_usd: step 3"),
        ("bid_usd", 102.0, "step 3 has a crossed book"),
        ("times_ns", 2, "step 3 is late or there twice"),
        ("times_ns", 1, "step 3 is late or there twice"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_step(name: str, value: float, message: str) -> None:
    with pytest.raises(MarketDataError, match=message):
        check(spoiled(name, 3, value))


def test_a_locked_book_is_a_book() -> None:
    check(spoiled("bid_usd", 1, 101.0))


def test_arrays_must_be_of_one_length_and_one_dimension() -> None:
    with pytest.raises(MarketDataError, match=r"different lengths \[4, 5\]"):
        check(replace(flat(), last_usd=np.full(4, 100.0)))
    with pytest.raises(MarketDataError, match="shape"):
        check(replace(flat(), last_usd=np.full((5, 1), 100.0)))


def test_times_must_be_nanoseconds() -> None:
    with pytest.raises(MarketDataError, match="int64"):
        check(replace(flat(), times_ns=np.arange(5.0)))


def test_prices_of_other_types_and_strides_are_taken() -> None:
    wide = np.full(10, 100.0, dtype=np.float32)[::2]
    assert check(replace(flat(), last_usd=wide)).last_usd.flags.c_contiguous
