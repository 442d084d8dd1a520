"""Readings of one snapshot: each policy's mark by hand, stand-ins, gaps, delivery."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from obverse.contracts import instant
from obverse.market import Snapshot, simulated
from obverse.marks.readings import KnownRate, Reading, readings
from obverse.rulebooks import rulebook

AT = "2026-03-20T12:00:00Z"
VENUES = ["binance", "bitmex", "bybit", "deribit", "kraken", "okx"]


def _snapshot(venue: str, at: str = AT) -> Snapshot:
    return simulated(venue=venue, at=at, underlyings=("BTC",))["BTC"]


def _read(venue: str, at: str = AT, **rates: KnownRate) -> dict[str, Reading]:
    snapshot = _snapshot(venue, at)
    found = readings(snapshot, rulebook(venue, as_of=instant(at)), rates)
    return {reading.symbol: reading for reading in found}


def _changed(snapshot: Snapshot, **changes: object) -> Snapshot:
    first = replace(snapshot.perpetuals[0], **changes)  # type: ignore[arg-type]
    return replace(snapshot, perpetuals=(first, *snapshot.perpetuals[1:]))


@pytest.mark.parametrize("venue", VENUES)
def test_every_quoted_mark_is_near_the_rebuilt_one(venue: str) -> None:
    found = _read(venue)
    assert found
    for reading in found.values():
        assert reading.mark_usd == pytest.approx(float(reading.quoted_usd), rel=1e-3)
        assert reading.fair_basis_usd == pytest.approx(reading.mark_usd - float(reading.index_usd))
        assert reading.lines[0].name == "index"
        assert "mark" in [line.name for line in reading.lines]
        assert not reading.missing


def test_funding_decay_by_hand() -> None:
    # XBTUSD: stamps at 04, 12, 20 UTC; at 13:30:20 there are 390 whole minutes left.
    rate = KnownRate(0.0004, "given")
    snapshot = _snapshot("bitmex", "2026-03-20T13:30:20Z")
    book = rulebook("bitmex", as_of=snapshot.at)
    reading = readings(snapshot, book, {"XBTUSD": rate})[0]
    index = float(snapshot.index)
    assert reading.mark_usd == pytest.approx(index * (1 + 0.0004 * 6.5 / 8), abs=0.005)
    assert reading.stand_ins == ("best bid and ask, for the impact prices",)


def test_without_a_rate_the_accruing_one_stands_and_without_that_there_is_no_mark() -> None:
    snapshot = _snapshot("bitmex")
    book = rulebook("bitmex", as_of=snapshot.at)
    rate = Decimal("0.0001")
    reading = readings(_changed(snapshot, funding_rate_8h=rate), book)[0]
    assert "the accruing rate, for the rate in force" in reading.stand_ins
    assert reading.mark_usd == pytest.approx(float(snapshot.index) * 1.0001, abs=0.005)
    bare = readings(_changed(snapshot, funding_rate_8h=None), book)[0]
    assert bare.mark_usd is None
    assert bare.fair_basis_rate is None
    assert bare.premium_rate is None
    assert bare.missing == ("the funding rate in force",)


def test_a_basis_average_is_last_within_the_book_or_the_middle() -> None:
    snapshot = _snapshot("deribit")
    book = rulebook("deribit", as_of=snapshot.at)
    quote = snapshot.perpetuals[0]
    assert quote.bid is not None
    assert quote.ask is not None
    low = readings(_changed(snapshot, last=quote.bid - 100), book)[0]
    assert low.mark_usd == float(quote.bid)
    middle = readings(_changed(snapshot, last=None), book)[0]
    assert middle.mark_usd == float(quote.bid + quote.ask) / 2
    assert middle.premium_rate == pytest.approx(middle.mark_usd / float(snapshot.index) - 1)


def test_a_book_with_one_side_makes_no_mark() -> None:
    snapshot = _snapshot("okx")
    book = rulebook("okx", as_of=snapshot.at)
    reading = readings(_changed(snapshot, ask=None), book)[0]
    assert reading.mark_usd is None
    assert reading.missing == ("a book with two sides",)


def test_the_median_without_a_last_price_is_that_of_the_second() -> None:
    snapshot = _snapshot("binance")
    book = rulebook("binance", as_of=snapshot.at)
    rates = {"BTCUSD_PERP": KnownRate(0.0001, "given")}
    reading = readings(_changed(snapshot, last=None), book, rates)[0]
    quote = snapshot.perpetuals[0]
    assert quote.bid is not None
    assert quote.ask is not None
    assert reading.mark_usd == pytest.approx(float(quote.bid + quote.ask) / 2)
    assert any("for the last price" in said for said in reading.stand_ins)


def test_a_bitmex_future_is_its_middle_at_one_instant() -> None:
    reading = _read("bitmex")["XBTM26"]
    quote = _snapshot("bitmex")["XBTM26"]
    assert quote.bid is not None
    assert quote.ask is not None
    assert reading.mark_usd == pytest.approx(float(quote.bid + quote.ask) / 2, abs=0.005)
    assert any("book is narrow" in said for said in reading.stand_ins)


def test_in_its_window_a_mark_passes_over_to_the_average() -> None:
    before = _read("deribit", "2026-03-27T07:30:00Z")["BTC-27MAR26"]
    inside = _read("deribit", "2026-03-27T07:52:30Z")["BTC-27MAR26"]
    far = _read("deribit", "2026-03-25T07:30:00Z")["BTC-27MAR26"]
    assert far.delivering is None
    assert before.delivering is not None
    assert before.delivering.elapsed_share == 0
    assert inside.delivering is not None
    assert inside.delivering.elapsed_share == 0.75
    assert inside.delivering.remaining_exposure == 0.25
    level = {line.name: line.value for line in inside.lines}
    own = level["mark before it passes over to the average"]
    assert inside.mark_usd == pytest.approx(0.75 * level["index"] + 0.25 * own)
    assert any("delivery window opened" in said for said in inside.stand_ins)


def test_bands_surround_the_mark_on_ticks() -> None:
    reading = _read("deribit")["BTC-PERPETUAL"]
    assert reading.band is not None
    assert reading.mark_usd is not None
    assert float(reading.band.min_price) == pytest.approx(0.985 * reading.mark_usd, abs=0.5)
    assert float(reading.band.max_price) == pytest.approx(1.015 * reading.mark_usd, abs=0.5)
    assert _read("deribit")["BTC-27MAR26"].band is None


def test_a_contract_the_rulebook_does_not_know_is_said() -> None:
    snapshot = _snapshot("deribit")
    book = rulebook("deribit", as_of=snapshot.at)
    unknown, synthetic = (
        readings(_changed(snapshot, **change), book)[0]
        for change in ({"symbol": "BTC-NONE"}, {"listed": False})
    )
    assert "no such contract" in unknown.missing[0]
    assert "synthetic" in synthetic.missing[0]
    assert unknown.mark_usd is None
    assert unknown.rules is None
