"""The synthetic dollar: how many contracts make a coin's dollar worth stand still.

Short Q dollars of an inverse contract marked at F and the dollar delta falls by Q/F coins; it is
zero at Q = (equity + coin delta) · F. Whole lots leave a remainder, which is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Amount, Instrument, Kind, Position, Rounding, exact
from obverse.contracts.sizing import whole_lots
from obverse.contracts.units import ExactNumber, exact_price, to_decimal
from obverse.market import Market
from obverse.risk.exposure import CoinExposure
from obverse.risk.marking import mark_of


@dataclass(frozen=True, repr=False)
class Hedge:
    """A trade that takes a coin's dollar delta to zero, in whole lots.

    Attributes
    ----------
    side, contracts, usd_amount : the order; contracts may be zero
    price_usd, how : what it is priced at, and how that was come by (see `Mark`)
    left_coin, left_usd : dollar delta that remains, in coins and in dollars per +100 %
    """

    instrument: Instrument
    side: str
    contracts: Decimal
    usd_amount: Decimal
    price_usd: Decimal
    how: str
    left_coin: float
    left_usd: float

    def __repr__(self) -> str:
        """One line with units."""
        coin = self.instrument.underlying
        return (
            f"{self.side} {self.contracts:,f} {self.instrument.symbol} "
            f"({self.usd_amount:,f} USD) at {self.price_usd:,.2f} leaves "
            f"{self.left_coin:+.6f} {coin} ({self.left_usd:+,.2f} USD)"
        )


@dataclass(frozen=True)
class HedgedHolding:
    """Coins held plus a position, at a price."""

    pnl: Amount
    coin_total: Amount
    usd_value: Amount


def hedges(
    exposure: CoinExposure, market: Market, instruments: Iterable[Instrument]
) -> tuple[Hedge, ...]:
    """For each listed inverse instrument of a coin, the trade that makes its dollar delta zero."""
    alike = [
        item
        for item in instruments
        if item.underlying == exposure.coin == item.settlement_currency.code
        and item.kind is not Kind.SPREAD
    ]
    return tuple(_hedge(exposure, market, item) for item in alike)


def _hedge(exposure: CoinExposure, market: Market, instrument: Instrument) -> Hedge:
    mark = mark_of(instrument, market)
    price = mark.price
    wanted = -Fraction(exposure.dollar_delta_coin)
    lots = whole_lots(instrument, instrument.payoff.contracts(wanted, price), Rounding.NEAREST)
    taken = instrument.payoff.settlement_delta(lots, price)
    left = float(taken - wanted)
    return Hedge(
        instrument=instrument,
        side="buy" if lots > 0 else "sell" if lots < 0 else "none",
        contracts=abs(lots),
        usd_amount=abs(to_decimal(instrument.payoff.notional_usd(lots, price, price))),
        price_usd=price,
        how=mark.how,
        left_coin=left,
        left_usd=left * float(exposure.index_usd),
    )


def hedged_holding(
    coin_holding: ExactNumber, position: Position, *, price: ExactNumber
) -> HedgedHolding:
    """What a holding of the settlement coin and a position on it are worth together."""
    pnl = position.pnl(price=price)
    total = pnl.currency.amount(coin_holding) + pnl
    return HedgedHolding(pnl, total, total.in_usd(price))


@dataclass(frozen=True)
class QuantoHedge:
    """A quanto position against a holding of its underlying, whose settlement coin moves too."""

    contract_value: Amount
    underlying_equivalent: Decimal
    pnl: Amount
    pnl_usd: Decimal
    holding_pnl_usd: Decimal
    net_pnl_usd: Decimal


def quanto_hedge(
    position: Position,
    underlying_holding: ExactNumber,
    *,
    entry_price: ExactNumber,
    exit_price: ExactNumber,
    settlement_price_entry: ExactNumber,
    settlement_price_exit: ExactNumber,
) -> QuantoHedge:
    """Gain of a quanto position and of a signed holding of its underlying, in dollars at the exit.

    `settlement_price_*` are dollars per settlement coin. Source: BitMEX quanto guide, two-sided
    example with the settlement coin moving.
    """
    entry, leave, coin_in, coin_out = (
        Fraction(exact_price(price))
        for price in (entry_price, exit_price, settlement_price_entry, settlement_price_exit)
    )
    holding = Fraction(exact(underlying_holding, "underlying_holding"))
    value = abs(position.value(price=entry_price))
    pnl = position.pnl(price=exit_price)
    pnl_usd = pnl.fraction * coin_out
    holding_pnl = holding * (leave - entry)
    return QuantoHedge(
        contract_value=value,
        underlying_equivalent=to_decimal(value.fraction * coin_in / entry),
        pnl=pnl,
        pnl_usd=to_decimal(pnl_usd),
        holding_pnl_usd=to_decimal(holding_pnl),
        net_pnl_usd=to_decimal(pnl_usd + holding_pnl),
    )
