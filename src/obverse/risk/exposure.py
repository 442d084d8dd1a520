"""What a book is worth and exposed to, position by position and coin by coin.

Values and gains are exact; sensitivities are floats and cross over in `_float`, only there.

Symbols: P mark, S index, Q dollars of a position, H coins of equity.

============================ ======================= ===================================
number                       inverse long            meaning
============================ ======================= ===================================
coin delta                   Q/P                     coins whose dollar move it shares
dollar delta                 H + Q/P, times S        dollars gained per +100 % of price
coin convexity P²·d²V/dP²    −2Q/P                   a long loses faster than it gains
dollar convexity             0                       in dollars the gain is a straight line
============================ ======================= ===================================

A quanto's gain is moved by one coin and paid in another. Its cross-gamma (underlying × settlement
coin: how the dollar delta to the one changes as the other moves) is not shown; convexities here are
of one coin's price alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import USD, Amount, Position, Rounding
from obverse.contracts.payoffs import dollar_convexity, dollar_delta
from obverse.errors import BookError
from obverse.market import Market
from obverse.risk.book import Book, is_dollar
from obverse.risk.leverage import effective_leverage
from obverse.risk.marking import Mark, mark_of
from obverse.risk.sheets import coins_table
from obverse.tables import Table, Tabular


@dataclass(frozen=True)
class PositionExposure:
    """One position at its mark.

    `notional_usd` and `coin_delta` are signed; `pnl` is in the settlement currency, `pnl_usd` the
    same at today's price of that currency. Convexities are P² times the second derivative, in
    settlement coin and in dollars; gains already made count as held coin, not as delta.
    """

    position: Position
    mark: Mark
    pnl: Amount
    pnl_usd: Amount
    notional_usd: Decimal
    coin_delta: float
    coin_convexity: float
    dollar_convexity: float

    @property
    def venue(self) -> str:
        """Where it is held."""
        return self.position.instrument.venue

    @property
    def underlying(self) -> str:
        """What moves it."""
        return self.position.instrument.underlying

    @property
    def expiry(self) -> datetime | None:
        """When it delivers."""
        return self.position.instrument.expiry


@dataclass(frozen=True)
class CoinExposure:
    """Everything of one coin together.

    The coin plays two parts. As underlying it moves positions: `notional_usd`, `coin_delta` and
    `dollar_convexity` are of all positions on it, whatever they settle in. As margin it bears
    positions: `equity`, `settled_notional_usd` and `effective_leverage` are of those settled in it,
    whatever moves them. The two differ where quanto or linear positions are held.

    Attributes
    ----------
    index_usd : price of the coin
    held : coins held, gains apart
    equity : coins held plus the gains of positions settled in the coin
    equity_usd : the same in dollars at the index
    notional_usd : gross, the sum of the magnitudes of the positions on this coin
    settled_notional_usd : gross, of the positions settled in this coin
    coin_delta : coins of exposure of the positions on this coin
    dollar_delta_coin : equity plus coin delta: dollars gained per dollar of price
    dollar_delta_usd : the same times the price: dollars gained per +100 %
    coin_convexity : in coin, of the positions both on this coin and settled in it
    dollar_convexity : in dollars, of the positions on this coin
    effective_leverage : settled notional over equity in dollars, none where that is not above zero
    """

    coin: str
    index_usd: Decimal
    held: Decimal
    equity: Decimal
    equity_usd: Decimal
    notional_usd: Decimal
    settled_notional_usd: Decimal
    coin_delta: float
    dollar_delta_coin: float
    dollar_delta_usd: float
    coin_convexity: float
    dollar_convexity: float
    effective_leverage: float | None


@dataclass(frozen=True, repr=False)
class BookExposure(Tabular):
    """A book at a market: its positions, its coins, and its dollars in total; prints as a table.

    `simulated` is the market's, and in every title.
    """

    book: Book
    positions: tuple[PositionExposure, ...]
    coins: tuple[CoinExposure, ...]
    dollars: Decimal
    equity_usd: Decimal
    notional_usd: Decimal
    simulated: bool

    @property
    def effective_leverage(self) -> float | None:
        """Gross notional of all positions over all dollar equity, none where there is none."""
        return effective_leverage(self.notional_usd, self.equity_usd)

    def price_of(self, currency: str) -> Decimal:
        """Dollars per coin of a currency in the book."""
        prices = {item.coin: item.index_usd for item in self.coins}
        return Decimal(1) if is_dollar(currency) else prices[currency]

    def table(self) -> Table:
        """One row a coin."""
        return coins_table(self)


def exposure(book: Book, market: Market) -> BookExposure:
    """Value a book at a market and add up what it is exposed to."""
    positions = tuple(_position(item, market) for item in book.positions)
    coins = tuple(_coin(book, market, coin, positions) for coin in book.underlyings)
    gains = [p.pnl.coins for p in positions if is_dollar(p.pnl.currency.code)]
    held = sum((item.amount for item in book.holdings if is_dollar(item.currency)), Decimal(0))
    dollars = held + sum(gains, Decimal(0))
    equity = dollars + sum((coin.equity_usd for coin in coins), Decimal(0))
    return BookExposure(
        book=book,
        positions=positions,
        coins=coins,
        dollars=dollars,
        equity_usd=equity,
        notional_usd=_gross(positions),
        simulated=market.simulated,
    )


def coin_price(market: Market, currency: str) -> Decimal:
    """Dollars per coin at the index; one for a dollar."""
    if is_dollar(currency):
        return Decimal(1)
    if currency not in market.underlyings:
        known = ", ".join(market.underlyings)
        raise BookError(f"{currency}: the market has no price for it; it has {known}.")
    return market[currency].index


def _position(position: Position, market: Market) -> PositionExposure:
    instrument = position.instrument
    mark = mark_of(instrument, market)
    settlement_usd = coin_price(market, instrument.settlement_currency.code)
    pnl = position.pnl(price=mark.price)
    payoff = instrument.payoff
    size = (payoff, position.contracts, mark.price)
    delta = dollar_delta(*size, settlement_usd=settlement_usd)
    convexity = dollar_convexity(
        *size,
        settlement_usd=settlement_usd,
        settles_in_underlying=instrument.settlement_currency.code == instrument.underlying,
    )
    index = coin_price(market, instrument.underlying)
    notional = payoff.notional_usd(position.contracts, mark.price, settlement_usd)
    return PositionExposure(
        position=position,
        mark=mark,
        pnl=pnl,
        pnl_usd=pnl.in_usd(settlement_usd),
        notional_usd=USD.amount(notional, Rounding.NEAREST).coins,
        coin_delta=_float(delta / Fraction(index)),
        coin_convexity=_float(payoff.settlement_convexity(position.contracts, mark.price)),
        dollar_convexity=_float(convexity),
    )


def _coin(
    book: Book, market: Market, coin: str, positions: tuple[PositionExposure, ...]
) -> CoinExposure:
    index = coin_price(market, coin)
    held = book.held(coin)
    own = [item for item in positions if item.underlying == coin]
    settled = [item for item in positions if _settles_in(item, coin)]
    equity = held + sum((item.pnl.coins for item in settled), Decimal(0))
    settled_notional = _gross(settled)
    coin_delta = sum(item.coin_delta for item in own)
    with_held = _float(Fraction(equity)) + coin_delta
    return CoinExposure(
        coin=coin,
        index_usd=index,
        held=held,
        equity=equity,
        equity_usd=equity * index,
        notional_usd=_gross(own),
        settled_notional_usd=settled_notional,
        coin_delta=coin_delta,
        dollar_delta_coin=with_held,
        dollar_delta_usd=with_held * _float(Fraction(index)),
        coin_convexity=sum(item.coin_convexity for item in own if _settles_in(item, coin)),
        dollar_convexity=sum(item.dollar_convexity for item in own),
        effective_leverage=effective_leverage(settled_notional, equity * index),
    )


def _settles_in(item: PositionExposure, coin: str) -> bool:
    return item.pnl.currency.code == coin


def _gross(positions: Iterable[PositionExposure]) -> Decimal:
    return sum((abs(item.notional_usd) for item in positions), Decimal(0))


def _float(value: Fraction | int) -> float:
    return float(value)
