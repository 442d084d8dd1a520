"""Source prices at the door: what is kept without a price, what is dropped, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from obverse.errors import MarketDataError
from obverse.market import Constituent, ConstituentHistory, Constituents
from obverse.market.constituents import checked, seconds_between

AT = datetime(2026, 2, 1, 12, tzinfo=UTC)


def through(*sources: Constituent) -> Constituents:
    return checked(sources, underlying="BTC", at=AT, source="a.csv")


def source(name: str, price: str | None, weight: str | None = None, age: str = "0") -> Constituent:
    return Constituent(
        name,
        None if price is None else Decimal(price),
        None if weight is None else Decimal(weight),
        Decimal(age),
    )


@pytest.mark.parametrize("price", ["NaN", "Infinity", "0", "-1"])
def test_a_price_that_is_none_leaves_the_source_without_one(price: str) -> None:
    found = through(source("A", "100"), source("B", price))
    assert [each.price for each in found.sources] == [Decimal(100), None]
    assert [str(each) for each in found.findings] == [
        f"dropped B: price {price} is not a price above zero"
    ]


@pytest.mark.parametrize("age", ["-1", "NaN", "Infinity"])
def test_a_price_that_is_yet_to_come_is_not_used(age: str) -> None:
    (only,) = through(source("A", "100", age=age)).sources
    assert (only.price, only.age_seconds) == (None, 0)


@pytest.mark.parametrize("weight", ["NaN", "Infinity", "-0.1"])
def test_a_weight_that_is_none_refuses_the_instant(weight: str) -> None:
    with pytest.raises(
        MarketDataError, match=r"the weight .* of A is not a number of zero or more"
    ):
        through(source("A", "100", weight))


def test_a_source_seen_twice() -> None:
    same = through(source("A", "100"), source("A", "100"))
    assert [str(each) for each in same.findings] == ["flagged A: twice, the same"]
    later = through(source("A", "100", age="9"), source("A", "101", age="3"))
    assert [each.price for each in later.sources] == [Decimal(101)]
    assert "9 s old, and again later" in str(later.findings[0])
    with pytest.raises(MarketDataError, match=r"A is there twice .* and differs: 100 and 101"):
        through(source("A", "100"), source("A", "101"))


def test_sources_without_any_price_are_kept_for_the_rule_to_judge() -> None:
    assert through(source("A", None)).names == ("A",)
    with pytest.raises(MarketDataError, match="there are none"):
        through()


def test_what_did_not_pass_the_door_cannot_be_built() -> None:
    bad = [
        ((source("A", "0"),), AT, "A has the price 0"),
        ((source("A", "1", age="-1"),), AT, "A has the age -1"),
        ((source("A", "1", "NaN"),), AT, "A has the weight NaN"),
        ((source("A", "1"), source("A", "2")), AT, "every source must be there once"),
        ((), AT, "every source must be there once"),
        ((source("A", "1"),), AT.replace(tzinfo=None), "no time zone"),
    ]
    for sources, at, reason in bad:
        with pytest.raises(MarketDataError, match=reason):
            Constituents("BTC", at, sources, "a.csv")


def test_a_history_without_an_instant_is_refused() -> None:
    with pytest.raises(MarketDataError, match=r"no usable instant in a\.csv"):
        ConstituentHistory("BTC", "a.csv", ())


def test_seconds_are_exact() -> None:
    assert seconds_between(AT, AT.replace(microsecond=250_000)) == Decimal("0.25")
