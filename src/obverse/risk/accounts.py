"""A book's margin accounts, one a venue and settlement coin, at a market and by the day's rules.

The balance of an account is what the book's holdings keep at that place; coins in cold storage
stand behind nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Instrument, Position, Rounding, iso
from obverse.errors import BookError, RuleError
from obverse.market import Market
from obverse.risk.account_notes import account_notes
from obverse.risk.account_sheets import account_table
from obverse.risk.book import AccountSetting, Book
from obverse.risk.coin_positions import CoinPosition, coin_position
from obverse.risk.exposure import coin_price
from obverse.risk.margin import (
    AccountState,
    Collateral,
    Held,
    MarginAccount,
    MarginTerms,
    Order,
    ScenarioMargin,
    assess,
    margin_terms,
)
from obverse.risk.margin.account import AccountMode
from obverse.risk.marking import Mark, mark_of
from obverse.risk.portfolio_margin import (
    PortfolioMargin,
    portfolio_margin,
    portfolio_margin_terms,
)
from obverse.rulebooks import Rulebook, rulebook
from obverse.tables import Table, Tabular


@dataclass(frozen=True, repr=False)
class BookAccount(Tabular):
    """One account of a book, worked out; prints as its strip, from wallet to what is available.

    Attributes
    ----------
    rules : the venue's, of the market's instant
    marks : how each position's mark was come by, in the order of the account's positions
    matrix : the scenario matrix of a portfolio account
    notes : what a reader should know of how it was put together
    """

    state: AccountState
    rules: Rulebook
    marks: tuple[Mark, ...]
    matrix: PortfolioMargin | None
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Venue and coin."""
        return f"{self.state.account.venue} {self.state.account.coin.code}"

    def table(self) -> Table:
        """The account line by line, in coin and in dollars."""
        return account_table(self)


def book_accounts(book: Book, market: Market) -> tuple[BookAccount, ...]:
    """Every account that a book has positions or orders in.

    An expired contract, a coin without a price, or settings that contradict each other raise
    `BookError`; a venue without rules at the market's instant raises `RuleError`.
    """
    for instrument in _instruments(book):
        if instrument.expiry is not None and instrument.expiry <= market.asked:
            raise BookError(
                f"{instrument.symbol} expired at {iso(instrument.expiry)}, before "
                f"{iso(market.asked)}; take it out of the book."
            )
    return tuple(_account(book, market, venue, coin) for venue, coin in _places(book))


def margin_ratios(book: Book, market: Market) -> dict[str, Decimal | None]:
    """Each account's margin ratio: the thinnest of its cross and isolated positions."""
    return {item.name: item.state.thinnest_ratio for item in book_accounts(book, market)}


def account_of(
    book: Book, market: Market, accounts: Sequence[BookAccount], instrument: Instrument
) -> MarginAccount:
    """The account that an instrument is margined in; an empty one where the book has none yet."""
    coin = instrument.settlement_currency.code
    for item in accounts:
        if (item.state.account.venue, item.state.account.coin.code) == (instrument.venue, coin):
            return item.state.account
    currency = instrument.accounting.currency
    balance = currency.amount(book.held(coin, instrument.venue), Rounding.FLOOR)
    return MarginAccount(instrument.venue, currency, balance, coin_price(market, coin))


def _instruments(book: Book) -> list[Instrument]:
    held = [item.instrument for item in book.positions if item.contracts]
    return held + [order.instrument for order in book.orders]


def _places(book: Book) -> list[tuple[str, str]]:
    places = ((one.venue, one.settlement_currency.code) for one in _instruments(book))
    return list(dict.fromkeys(places))


def _account(book: Book, market: Market, venue: str, coin: str) -> BookAccount:
    rules = rulebook(venue, as_of=market.asked)
    setting = book.account(venue, coin)
    placed = [
        (place, position)
        for place, position in enumerate(book.positions)
        if position.contracts and _is_at(position, venue, coin)
    ]
    marks = tuple(mark_of(position.instrument, market) for _, position in placed)
    held = tuple(
        Held(
            position,
            margin_terms(rules, position.instrument),
            mark.price,
            book.setting(place),
            _funding_owed(position, mark.price, market, rules),
        )
        for (place, position), mark in zip(placed, marks, strict=True)
    )
    orders = tuple(_orders(book, rules, venue, coin))
    currency = (
        held[0].position.instrument if held else orders[0][0].instrument
    ).accounting.currency
    matrix = _matrix(held, market, rules) if setting.mode == "portfolio" else None
    account = MarginAccount(
        venue=venue,
        coin=currency,
        balance=currency.amount(book.held(coin, venue), Rounding.FLOOR),
        index_price=coin_price(market, coin),
        held=held,
        orders=orders,
        collateral=tuple(_collateral(book, market, setting)),
        mode=setting.mode,
        scenario_margin=_scenario_margin(setting.mode, matrix),
    )
    prices = {code: market[code].index for code in market.underlyings}
    state = assess(account, prices)
    return BookAccount(
        state, rules, marks, matrix, tuple(account_notes(book, account, marks, state.isolated))
    )


def _is_at(position: Position, venue: str, coin: str) -> bool:
    instrument = position.instrument
    return (instrument.venue, instrument.settlement_currency.code) == (venue, coin)


def _orders(
    book: Book, rules: Rulebook, venue: str, coin: str
) -> Iterator[tuple[Order, MarginTerms]]:
    for order in book.orders:
        instrument = order.instrument
        if (instrument.venue, instrument.settlement_currency.code) == (venue, coin):
            yield order, margin_terms(rules, instrument)


def _collateral(book: Book, market: Market, setting: AccountSetting) -> Iterator[Collateral]:
    for currency, haircut in setting.haircuts.items():
        amount = book.held(currency, setting.venue)
        yield Collateral(currency, amount, coin_price(market, currency), haircut)


def _funding_owed(position: Position, mark: Decimal, market: Market, rules: Rulebook) -> Fraction:
    """What the accruing rate would take at the next stamp, where the market shows one."""
    from obverse.marks.funding import funding_payment

    instrument = position.instrument
    own = rules.rules_of(instrument)
    snapshot = market[instrument.underlying]
    seen = market.venue == instrument.venue and instrument.symbol in snapshot
    rate = snapshot[instrument.symbol].funding_rate_8h if seen else None
    if own.funding is None or rate is None:
        return Fraction(0)
    due = rate * own.funding.interval_hours / 8
    received = funding_payment(position, price=mark, rate=due, rounding=own.funding_rounding)
    return -received.fraction


def _matrix(held: tuple[Held, ...], market: Market, rules: Rulebook) -> PortfolioMargin | None:
    """The scenario matrix of an account's positions, all of one pair; none without any."""
    if not held:
        return None
    instrument = held[0].position.instrument
    own = rules.rules_of(instrument)
    if own.portfolio_margin is None:
        raise RuleError(
            f"{rules.name} has no portfolio margin for {instrument.symbol} at {iso(market.asked)}."
        )
    terms = portfolio_margin_terms(own.portfolio_margin, own.rounding.exponent)
    positions: list[CoinPosition] = [
        coin_position(item.position, item.mark_price, market.asked) for item in held
    ]
    return portfolio_margin(positions, terms, coin=instrument.settlement_currency.code)


def _scenario_margin(mode: AccountMode, matrix: PortfolioMargin | None) -> ScenarioMargin | None:
    if mode != "portfolio":
        return None
    if matrix is None:
        return ScenarioMargin(Fraction(0), Fraction(0))
    return ScenarioMargin(Fraction(matrix.initial_margin), Fraction(matrix.maintenance_margin))
