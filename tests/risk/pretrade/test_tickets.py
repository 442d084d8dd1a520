"""Orders before they are sent: what they take, what they leave, and the largest that is taken."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from obverse.contracts import Instrument, Position, fill
from obverse.errors import BookError, DataError
from obverse.risk.margin import (
    Held,
    MarginAccount,
    MarginSetting,
    MarginTerms,
    ScenarioMargin,
    margin_terms,
)
from obverse.risk.pretrade import (
    VenuePlace,
    isolated_liquidation_price,
    largest_size,
    leverage_beyond_price,
    leverage_limit,
    leverage_under_probability,
    ticket,
    ticket_at_all,
    venue_place,
)
from obverse.risk.tail import AdverseTail, ExtremeValueLaw, liquidation_probability
from obverse.rulebooks import rulebook

VENUES = {
    "deribit": "BTC-PERPETUAL",
    "binance": "BTCUSD_PERP",
    "bitmex": "XBTUSD",
    "bybit": "BTCUSD",
    "kraken": "PI_XBTUSD",
    "okx": "BTC-USD-SWAP",
}
PRICE = Decimal(50_000)
venues = st.sampled_from(sorted(VENUES))


def product(venue: str) -> tuple[Instrument, MarginTerms]:
    book = rulebook(venue, as_of="2026-02-01")
    instrument = book.instrument(VENUES[venue])
    return instrument, margin_terms(book, instrument)


def account(
    instrument: Instrument,
    terms: MarginTerms,
    coins: str,
    usd: int = 0,
    setting: MarginSetting | None = None,
) -> MarginAccount:
    """So many coins, and a position of so many signed dollars opened at the price."""
    currency = instrument.accounting.currency
    held: tuple[Held, ...] = ()
    if usd:
        count = instrument.contracts_of(abs(usd)) * (1 if usd > 0 else -1)
        position = fill(Position.flat(instrument), count, PRICE)
        held = (Held(position, terms, PRICE, setting or MarginSetting()),)
    balance = currency.amount(Decimal(coins))
    return MarginAccount(instrument.venue, currency, balance, PRICE, held)


def signed(instrument: Instrument, usd: int) -> Decimal:
    return instrument.contracts_of(abs(usd)) * (1 if usd > 0 else -1)


@pytest.mark.parametrize(
    ("held", "order", "after", "pays_margin"),
    [
        (0, 100_000, 100_000, True),  # opens
        (50_000, 100_000, 150_000, True),  # adds
        (100_000, -40_000, 60_000, False),  # reduces
        (100_000, -100_000, 0, False),  # closes
        (100_000, -150_000, -50_000, True),  # turns round
    ],
)
def test_an_order_opens_adds_reduces_closes_or_turns(held, order, after, pays_margin) -> None:
    instrument, terms = product("binance")
    before = account(instrument, terms, "1", held)
    made = ticket(before, instrument, terms, signed(instrument, order), PRICE)
    positions = made.after.account.held
    left = positions[0].position.contracts if positions else 0
    assert left * instrument.multiplier == after
    assert (made.cost.initial_margin.units > 0) == pays_margin
    fee = Decimal(abs(order)) / PRICE * Decimal("0.0005")
    assert made.cost.open_fee.coins == pytest.approx(fee, abs=Decimal("1e-8"))
    assert made.after.wallet == made.before.wallet - made.cost.open_fee
    assert made.is_taken


@settings(deadline=None, max_examples=60)
@given(
    venue=venues,
    coins=st.decimals("0.01", "20", places=2),
    held=st.integers(-200, 200),
    side=st.sampled_from([1, -1]),
    leverage=st.sampled_from(["2", "5", "10"]),
)
def test_one_lot_more_than_the_largest_size_is_refused(venue, coins, held, side, leverage) -> None:
    instrument, terms = product(venue)
    before = account(instrument, terms, str(coins), held * 1000)
    most = largest_size(before, instrument, terms, PRICE, side=side, leverage=leverage)

    def taken(contracts: Decimal) -> bool:
        made = ticket(before, instrument, terms, side * contracts, PRICE, leverage=leverage)
        return made.is_taken

    assert not most or taken(most)
    assert not taken(most + instrument.lot)


@settings(deadline=None, max_examples=60)
@given(venue=venues, usd=st.integers(1, 300), far=st.integers(3, 40), long=st.booleans())
def test_leverage_keeps_liquidation_beyond_a_price_and_a_step_more_does_not(
    venue, usd, far, long
) -> None:
    instrument, terms = product(venue)
    size = signed(instrument, usd * 1000 if long else -usd * 1000)
    bound = PRICE * (100 - far) / 100 if long else PRICE * (100 + far) / 100
    found = leverage_beyond_price(instrument, terms, size, PRICE, beyond=bound)
    assume(found is not None)
    opened = fill(Position.flat(instrument), size, PRICE)

    def price(leverage: Decimal) -> Decimal | None:
        return isolated_liquidation_price(opened, terms, leverage, mark_price=PRICE)

    kept = price(found)
    assert kept is None or (kept <= bound if long else kept >= bound)
    most = leverage_limit(opened, terms)
    if most is None or found + Decimal("0.01") <= most:
        lost = price(found + Decimal("0.01"))
        assert lost is not None
        assert lost > bound if long else lost < bound


def tail_of(scale: float, side: Any = "long") -> AdverseTail:
    return AdverseTail(side, 1, ExtremeValueLaw(shape=0.1, location=0.01, scale=scale), 500)


def test_leverage_under_a_chance_falls_as_chance_falls_and_as_moves_grow() -> None:
    instrument, terms = product("bybit")
    size = signed(instrument, 100_000)

    def found(chance: float, scale: float) -> Decimal:
        return leverage_under_probability(
            instrument, terms, size, PRICE, probability=chance, tail=tail_of(scale)
        )  # type: ignore[return-value]

    assert found(0.001, 0.01) < found(0.01, 0.01) < found(0.05, 0.01)
    assert found(0.01, 0.03) < found(0.01, 0.02) < found(0.01, 0.01)
    opened = fill(Position.flat(instrument), size, PRICE)
    best = found(0.01, 0.02)
    chances = []
    for leverage in (best, best + Decimal("0.01")):
        price = isolated_liquidation_price(opened, terms, leverage, mark_price=PRICE)
        chances.append(liquidation_probability(price / PRICE - 1, tail_of(0.02)))
    assert chances[0] <= 0.01 < chances[1]


def test_a_size_without_leverage_left_has_none() -> None:
    instrument, terms = product("bybit")
    with pytest.raises(DataError, match="tail: of a short, but the order opens a long"):
        leverage_under_probability(
            instrument, terms, Decimal(100), PRICE, probability=0.01, tail=tail_of(0.01, "short")
        )
    with pytest.raises(DataError, match="beyond: 60000 is not below the price"):
        leverage_beyond_price(instrument, terms, Decimal(100), PRICE, beyond="60000")


def test_an_isolated_position_keeps_its_leverage_when_an_order_names_none() -> None:
    instrument, terms = product("binance")
    setting = MarginSetting("isolated", Decimal(5))
    before = account(instrument, terms, "2", 100_000, setting)
    made = ticket(before, instrument, terms, signed(instrument, 50_000), PRICE)
    assert made.after.account.held[0].setting.leverage == 5
    posted = MarginSetting("isolated", posted=Decimal("0.5"))
    before = account(instrument, terms, "2", 100_000, posted)
    made = ticket(before, instrument, terms, signed(instrument, 50_000), PRICE)
    after = made.after.account.held[0].setting
    assert (after.leverage, after.posted) == (4, Decimal("0.75"))


def test_why_an_order_is_not_taken() -> None:
    instrument, terms = product("binance")
    empty = account(instrument, terms, "0")
    made = ticket(empty, instrument, terms, Decimal(1), PRICE, leverage=10)
    assert "the available balance is short of it by" in made.refusals[0]
    rich = account(instrument, terms, "100", 100_000)
    for wrong, words in (
        ({"contracts": Decimal("1.5")}, "1.5 contracts are no whole lots of 1"),
        ({"leverage": 500}, "leverage 500x is above the"),
        (
            {"max_order_contracts": 10, "contracts": Decimal(11)},
            "the largest order is 10 contracts",
        ),
        ({"mode": "isolated", "leverage": 5}, "the position is held cross, the order is isolated"),
    ):
        contracts = wrong.pop("contracts", Decimal(100))
        made = ticket(rich, instrument, terms, contracts, PRICE, **wrong)
        assert any(words in reason for reason in made.refusals), made.refusals
        assert f"Not taken: {made.refusals[0]}." in str(made)


def test_what_is_no_order_is_refused() -> None:
    instrument, terms = product("binance")
    rich = account(instrument, terms, "100")
    with pytest.raises(BookError, match="no contracts"):
        ticket(rich, instrument, terms, 0, PRICE)
    with pytest.raises(BookError, match="leverage: 0 is not above zero"):
        ticket(rich, instrument, terms, 1, PRICE, leverage=0)
    with pytest.raises(BookError, match="an isolated order needs its leverage"):
        ticket(rich, instrument, terms, 1, PRICE, mode="isolated")
    other, own = product("bybit")
    ether = rulebook("bybit", as_of="2026-02-01").instrument("ETHUSD")
    with pytest.raises(BookError, match="ETHUSD settles in ETH, the account is in BTC"):
        ticket(account(other, own, "1"), ether, own, 1, PRICE)


def place(venue: str, coins: str = "1") -> VenuePlace:
    book = rulebook(venue, as_of="2026-02-01")
    instrument = book.instrument(VENUES[venue])
    return venue_place(account(instrument, margin_terms(book, instrument), coins), book, instrument)


def test_one_order_at_all_venues_keeps_those_that_cannot_take_it() -> None:
    places = [place(venue) for venue in VENUES]
    asked = ScenarioMargin(Fraction(0), Fraction(0))
    portfolio = replace(places[0].account, mode="portfolio", scenario_margin=asked)
    places[0] = replace(places[0], account=portfolio)
    made = ticket_at_all(places, usd_amount=50_050, price=PRICE, leverage=10)
    assert set(made.reasons) == {"deribit"}
    taken = {each.request.account.venue: each.is_taken for each in made.tickets}
    assert taken == {"binance": False, "bitmex": False, "bybit": True, "kraken": True, "okx": False}
    shown = {row["venue"]: row for row in made.table().records()}
    assert shown["deribit"]["taken"] == "no"
    assert "500.5 contracts are no whole lots of 1" in str(made)
    assert "deribit: an order to a portfolio account changes its scenarios" in str(made)


def test_no_venue_and_two_coins_are_refused() -> None:
    with pytest.raises(BookError, match="no venue is given"):
        ticket_at_all([], usd_amount=1000, price=PRICE)
    book = rulebook("bybit", as_of="2026-02-01")
    ether = book.instrument("ETHUSD")
    other = venue_place(account(ether, margin_terms(book, ether), "1"), book, ether)
    with pytest.raises(BookError, match="different coins"):
        ticket_at_all([place("bybit"), other], usd_amount=1000, price=PRICE)


def test_an_order_against_the_only_leg_of_its_side_fills_that_leg() -> None:
    instrument, terms = product("binance")
    both = account(instrument, terms, "5", 100_000)
    short = fill(Position.flat(instrument), Decimal(-300), PRICE)
    both = replace(both, held=(*both.held, Held(short, terms, PRICE)))
    made = ticket(both, instrument, terms, Decimal(-100), PRICE)
    sizes = sorted(item.position.contracts for item in made.after.account.held)
    assert sizes == [-400, 1000]
