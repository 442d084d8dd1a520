"""Cascades of a file: the venue's terms and rules, and what is wrong told at its field."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from books import MARKET, as_simulated

from obverse.errors import LocatedError
from obverse.risk.scenarios import CascadePlan, LossSharing, read_scenarios, venue_cascade_rules
from obverse.rulebooks import rulebook

TEXT = """
[[cascades]]
name = "squeeze"
venue = "deribit"
instrument = "BTC-PERPETUAL"
move = -0.1
depth_coin = 100
fund = 1

[[cascades.accounts]]
name = "long"
side = "long"
usd_amount = 1_000_000
entry_price = 77_000
leverage = 20

[[cascades.accounts]]
name = "short"
side = "short"
contracts = 100_000
entry_price = 78_000
margin = 2.5
"""


def plan(text: str = TEXT) -> CascadePlan:
    """The only cascade of a file."""
    (found,) = read_scenarios(text, "my.toml", datetime(2026, 2, 1, tzinfo=UTC)).cascades
    return found


def test_accounts_have_their_size_and_margin() -> None:
    long, short = plan().accounts
    assert (long.position.contracts, short.position.contracts) == (100_000, -100_000)
    assert float(long.margin.coins) == pytest.approx(1_000_000 / 77_000 / 20, abs=1e-9)
    assert short.margin.coins == Decimal("2.5")


def test_it_runs_from_the_markets_mark() -> None:
    found = plan().run(as_simulated(MARKET))
    assert (found.start_price, found.name, found.simulated) == (77_388, "squeeze", True)
    assert found.went("bankrupt") == ("long",)
    assert found.went("deleveraged") == ()  # the fund of one coin was enough
    assert found.fund_change.units < 0


def test_the_venues_rules_hold_where_the_file_says_nothing() -> None:
    own = plan().rules
    assert (own.residual, own.sharing) == ("trader", LossSharing("pro_rata"))
    said = plan(
        TEXT.replace("fund = 1", 'residual = "fund"\nfee_rate = 0.002\nsharing = "queue"')
    ).rules
    assert (said.residual, said.fee_rate) == ("fund", Decimal("0.002"))
    assert said.sharing == LossSharing("queue")
    assert said.fund.units == 0


@pytest.mark.parametrize("venue", ["bitmex", "binance", "bybit", "okx", "kraken", "deribit"])
def test_every_venue_has_rules_for_a_cascade(venue: str) -> None:
    book = rulebook(venue)
    instrument = book.listed("BTC")[0]
    found = venue_cascade_rules(book, instrument, instrument.settlement_currency.amount(1))
    assert found.residual == ("trader" if venue in ("kraken", "deribit") else "fund")
    assert found.sharing.policy == ("pro_rata" if venue == "deribit" else "queue")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('"deribit"', '"derbit"', 4, "Did you mean deribit"),
        ('"BTC-PERPETUAL"', '"BTC-PERP"', 5, "No instrument"),
        ("move = -0.1", "move = -1", 6, "leaves no price"),
        ("depth_coin = 100", "depth_coin = 0", 7, "depth_coin"),
        ("fund = 1", "fund = -1", 8, "zero or more"),
        ("fund = 1", "fund = 0.0000000001", 8, "finer than its unit"),
        ("fund = 1", "fee_rate = -1", 8, "fee_rate"),
        ("usd_amount = 1_000_000", "usd_amount = 1_000_005", 13, "whole number"),
        ("usd_amount = 1_000_000", "contracts = 0", 10, "side gives the direction"),
        ("usd_amount = 1_000_000\n", "", 10, "contracts or usd_amount"),
        ("entry_price = 77_000", "entry_price = 0", 14, "not above zero"),
        ("leverage = 20", "leverage = 0", 15, "not above zero"),
        ("leverage = 20", "leverage = 20\nmargin = 1", 10, "leverage or margin"),
        ("margin = 2.5", "margin = -1", 22, "above 0"),
        ('"short"\nside', '"long"\nside', 18, "there twice"),
    ],
    ids=range(15),
)
def test_what_is_wrong_is_told_at_its_field(old: str, new: str, line: int, reason: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(LocatedError) as caught:
        plan(TEXT.replace(old, new))
    (fault,) = caught.value.faults
    assert (fault.line, reason in fault.reason) == (line, True), str(fault)


def test_a_cascade_without_accounts_is_refused() -> None:
    head = TEXT[: TEXT.index("[[cascades.accounts]]")]
    with pytest.raises(LocatedError, match="is empty"):
        plan(head + "accounts = []\n")
