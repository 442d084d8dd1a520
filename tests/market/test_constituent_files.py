"""Source prices in files: the documented example, as-of reading, located faults, the round trip."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import LocatedError, MarketDataError
from obverse.market import (
    Constituent,
    Constituents,
    constituent_history,
    read_constituents,
    write_constituents,
)
from obverse.market.formats import FORMATS

DOCUMENT = Path(__file__).parents[2] / "docs" / "market-files.md"
HEADER = "at,underlying,source,price"
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a CSV of source prices."""

    def make(*lines: str, header: str = HEADER) -> Path:
        path = tmp_path / "sources.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    return make


def line(day: int, source: str, price: str = "100", *more: str) -> str:
    return ",".join([f"2026-01-0{day}T00:00:00Z", "BTC", source, price, *more])


def test_the_documented_example_reads(tmp_path: Path) -> None:
    part = DOCUMENT.read_text(encoding="utf-8").split("## Source prices")[1]
    example = re.search(r"```csv\n(.*?)```", part, re.DOTALL)
    assert example is not None
    path = tmp_path / "sources.csv"
    path.write_text(example[1], encoding="utf-8")
    found = read_constituents(path, at="2021-01-15T12:00Z")["BTC"]
    assert found.names == ("Bitstamp", "Coinbase", "Kraken")
    assert found.venue == "bitmex"
    assert found.sources[2] == Constituent(
        "Kraken", Decimal("37004.00"), Decimal("0.2028"), Decimal(1200)
    )


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_last_instant_not_after_the_one_asked_is_read(
    csv_file: Callable[..., Path], suffix: str
) -> None:
    path = csv_file(line(3, "A", "103"), line(1, "A", "101"), line(2, "A", "102"))
    history = constituent_history(path, "BTC")
    other = path.with_suffix(suffix)
    write_constituents(history.instants, other)
    for at, price in ((None, 103), ("2026-01-02T23:00Z", 102), ("2026-01-01T00:00Z", 101)):
        (source,) = read_constituents(other, at=at)["BTC"].sources
        assert source.price == price
    with pytest.raises(MarketDataError, match=r"nothing at or before 2025-12-31.*runs from 2026"):
        read_constituents(other, at="2025-12-31T00:00Z")


def test_a_range_holds_its_ends_and_its_instants_in_order(csv_file: Callable[..., Path]) -> None:
    path = csv_file(*(line(day, "A", str(100 + day)) for day in (4, 2, 3, 1)))
    found = constituent_history(path, "BTC", "2026-01-02T00:00Z", "2026-01-03T00:00Z")
    assert [each.at.day for each in found.instants] == [2, 3]
    with pytest.raises(MarketDataError, match="nothing at or after 2026-02-01"):
        constituent_history(path, "BTC", "2026-02-01T00:00Z")
    with pytest.raises(
        MarketDataError, match=r"no sources of 'BTX', but of BTC\. Did you mean BTC"
    ):
        constituent_history(path, "BTX")


def test_a_refused_instant_of_a_range_is_a_finding(csv_file: Callable[..., Path]) -> None:
    path = csv_file(line(1, "A", "100"), line(2, "A", "100"), line(2, "A", "101"))
    found = constituent_history(path, "BTC")
    assert [each.at.day for each in found.instants] == [1]
    assert "A is there twice" in str(found.findings[0])


@pytest.mark.parametrize(
    ("columns", "cells", "reasons"),
    [
        ("weight", ["x", "1"], ["sources.csv:2: weight: 'x' is not a number"]),
        ("weight", ["1", ""], ["sources.csv:3: weight: empty, but other sources"]),
        ("venue", ["bitmex", ""], ["sources.csv:3: venue: empty, but other rows have one"]),
        (
            "age_seconds,observed_at",
            ["3,2026-01-01T00:00:00Z", ","],
            ["sources.csv:2: age_seconds: give this or observed_at, not both"],
        ),
        ("wieght", ["1", "1"], ["wieght: no such column; did you mean weight?"]),
        ("observed_at", ["2026-01-01", ""], ["sources.csv:2: observed_at: '2026-01-01' is not"]),
    ],
)
def test_faults_are_located(
    csv_file: Callable[..., Path], columns: str, cells: list[str], reasons: list[str]
) -> None:
    path = csv_file(
        line(1, "A", "100", cells[0]), line(1, "B", "100", cells[1]), header=f"{HEADER},{columns}"
    )
    for read in (read_constituents, lambda place: constituent_history(place, "BTC")):
        with pytest.raises(LocatedError) as caught:
            read(path)
        found = [str(fault) for fault in caught.value.faults]
        assert len(found) == len(reasons)
        assert all(reason in fault for reason, fault in zip(reasons, found, strict=True))


def test_an_age_may_be_told_as_an_instant(csv_file: Callable[..., Path]) -> None:
    header = f"{HEADER},observed_at"
    path = csv_file(
        line(2, "A", "100", "2026-01-01T23:59:30Z"),
        line(2, "B", "100", ""),
        line(2, "C", "100", "2026-01-02T00:00:01Z"),
        header=header,
    )
    a, b, c = read_constituents(path)["BTC"].sources
    assert (a.age_seconds, b.age_seconds) == (30, 0)
    assert c.price is None  # seen after the instant: look-ahead


def test_a_file_of_several_venues_is_asked_for_one(csv_file: Callable[..., Path]) -> None:
    header = f"{HEADER},venue"
    path = csv_file(line(1, "A", "100", "okx"), line(2, "A", "101", "deribit"), header=header)
    with pytest.raises(MarketDataError, match="holds okx, deribit; say which"):
        read_constituents(path)
    with pytest.raises(MarketDataError, match=r"no venue 'deribt'.*Did you mean deribit\?"):
        read_constituents(path, venue="deribt")
    history = constituent_history(path, "BTC", venue="okx")
    assert [each.at.day for each in history.instants] == [1]
    parquet = path.with_suffix(".parquet")
    both = [*history.instants, *constituent_history(path, "BTC", venue="deribit").instants]
    write_constituents(both, parquet)
    assert read_constituents(parquet, venue="okx")["BTC"].at.day == 1


def test_a_place_without_source_prices_is_told(tmp_path: Path) -> None:
    with pytest.raises(MarketDataError, match="No source prices at"):
        read_constituents(tmp_path / "none.csv")
    with pytest.raises(MarketDataError, match="is a directory"):
        read_constituents(tmp_path)
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    with pytest.raises(MarketDataError, match="no known form"):
        read_constituents(tmp_path / "a.txt")
    (tmp_path / "a.csv").write_text(HEADER + "\n", encoding="utf-8")
    with pytest.raises(LocatedError, match="no rows; there must be one a source"):
        read_constituents(tmp_path / "a.csv")


prices = st.none() | st.decimals(min_value="0.01", max_value="999999", places=2)
sources = st.lists(
    st.builds(
        Constituent,
        name=st.sampled_from(["Coinbase", "Kraken", "Bitstamp, Ltd", "x"]),
        price=prices,
        weight=st.decimals(min_value=0, max_value=1, places=4),
        age_seconds=st.decimals(min_value=0, max_value=9999, places=3),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda source: source.name,
)


@given(st.lists(sources, min_size=1, max_size=3), st.sampled_from([*FORMATS]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(each, suffix: str, simulated: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"sources{suffix}"
        instants = [
            Constituents(
                "BTC", AT + timedelta(minutes=step), tuple(said), path.name, "okx", simulated
            )
            for step, said in enumerate(each)
        ]
        write_constituents(instants, path)
        found = constituent_history(path, "BTC")
        assert found.instants == tuple(instants)
        assert found.simulated is simulated
        assert read_constituents(path)["BTC"] == instants[-1]
