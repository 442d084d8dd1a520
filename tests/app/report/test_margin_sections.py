"""Margin in a report: the list of accounts, then each with its positions, ends and orders."""

from __future__ import annotations

from decimal import Decimal

from books import MARKET, PERPETUAL, held

from obverse.app.report.margin_sections import margin_sections
from obverse.app.report.section import Section
from obverse.risk import Book, Holding
from obverse.risk.accounts import book_accounts
from obverse.risk.book import AccountSetting
from obverse.risk.margin import Order

LONG = held(PERPETUAL, 10_000, "80000")
BUY = Order(PERPETUAL, Decimal(1_000), Decimal(70_000))


def sections(*positions: object, simulated: bool = False, **more: object) -> list[Section]:
    """Of a book with 2 BTC at Deribit."""
    holdings = (Holding("BTC", Decimal(2), "deribit"),)
    book = Book("by hand", holdings, positions, **more)  # type: ignore[arg-type]
    accounts = book_accounts(book, MARKET)
    return list(margin_sections(accounts, {"BTC": 0.02}, simulated=simulated))


def keys(found: list[Section]) -> list[str]:
    """Their keys in order."""
    return [item.key for item in found]


def test_nothing_is_margined_in_a_book_of_coins() -> None:
    (found,) = sections()
    assert found.key == "accounts"
    assert found.table.rows == (("the book has no position and no order: nothing is margined",),)


def test_an_account_is_listed_then_shown() -> None:
    assert keys(sections(LONG)) == ["accounts", "account", "margin_positions", "liquidation"]
    assert keys(sections(LONG, orders=(BUY,)))[-1] == "orders"
    assert keys(sections(orders=(BUY,))) == ["accounts", "account", "orders"]


def test_a_portfolio_account_shows_its_scenarios() -> None:
    setting = AccountSetting("deribit", "BTC", mode="portfolio")
    assert keys(sections(LONG, accounts=(setting,)))[-1] == "scenario_margin"


def test_a_simulated_market_is_named_in_every_title() -> None:
    titles = [item.table.title for item in sections(LONG, orders=(BUY,), simulated=True)]
    assert all("(simulated)" in title for title in titles)
    plain = [item.table.title for item in sections(LONG, orders=(BUY,))]
    assert not any("simulated" in title for title in plain)
