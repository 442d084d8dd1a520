"""The legs of a spread as exact positions: the coins they leave open, and taking these away.

A leg of n contracts at F has a coin delta d = F·∂V/∂F in coins: n·m/F for an inverse contract. If
every price moves by the same share x, the legs gain in coins, exactly,

    Σ d · x / (1 + x)

Equal dollars at two prices leave d = Q/F₂ − Q/F₁ open; legs of equal *coins* leave nothing, for a
common move of any size. What a neutral spread gains is then its own move alone. A move by the same
number of *dollars* is not a common share and does leave a gain: it changes the ratio of the legs.

A linear leg's dollars count as coins at the index, which moves with the prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Position
from obverse.contracts.instruments import Instrument
from obverse.contracts.payoffs import Inverse, Number
from obverse.contracts.sizing import whole_lots
from obverse.contracts.units import ExactNumber, exact, exact_price
from obverse.errors import AmountError
from obverse.tables import Table, Tabular, coin, number, text


@dataclass(frozen=True)
class SpreadLeg:
    """Signed contracts of an instrument, held from a price on."""

    instrument: Instrument
    contracts: Decimal
    price_usd: Decimal

    def __post_init__(self) -> None:
        """Refuse a leg that settles in neither its coin nor dollars, as quanto contracts do."""
        settles = self.instrument.settlement_currency.code
        own = self.instrument.underlying if self.settles_in_coin else self.instrument.quote
        if settles != own or self.settles_in_coin != isinstance(self.instrument.payoff, Inverse):
            raise AmountError(
                f"{self.instrument.symbol} is {self.instrument.payoff.name} and settles in "
                f"{settles}; the legs of a spread are inverse or linear in their quote."
            )

    @property
    def settles_in_coin(self) -> bool:
        """Whether gains are coins of the underlying, as those of inverse contracts."""
        return self.instrument.settlement_currency.code == self.instrument.underlying

    def coin_delta(self, index_usd: Number) -> Fraction:
        """Coins of exposure, counting dollars as coins at the index."""
        return self._coins(
            self.instrument.payoff.settlement_delta(self.contracts, self.price_usd), index_usd
        )

    def coin_gain(self, price_usd: Number, index_usd: Number) -> Fraction:
        """Coins gained, unrounded, when the price is another; dollars are coins at the index."""
        payoff = self.instrument.payoff
        cost = payoff.value(self.contracts, self.price_usd)
        return self._coins(payoff.pnl(cost, payoff.value(self.contracts, price_usd)), index_usd)

    def position(self) -> Position:
        """The leg as a position by its venue's rounding."""
        flat = Position.flat(self.instrument)
        if self.contracts > 0:
            return flat.buy(self.contracts, price=self.price_usd)
        return flat.sell(-self.contracts, price=self.price_usd) if self.contracts else flat

    def _coins(self, amount: Fraction, index_usd: Number) -> Fraction:
        return amount if self.settles_in_coin else amount / Fraction(index_usd)


@dataclass(frozen=True, repr=False)
class SpreadPosition(Tabular):
    """A spread that is held.

    Attributes
    ----------
    index_usd : at which dollars count as coins
    neutralised : name of the leg whose size was chosen to leave no coin delta, if one was
    """

    legs: tuple[SpreadLeg, ...]
    index_usd: Decimal
    neutralised: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def coin_delta(self) -> Fraction:
        """Coins left open to a move of all prices by the same share."""
        return sum((leg.coin_delta(self.index_usd) for leg in self.legs), Fraction(0))

    def coin_gain(self, prices_usd: Sequence[ExactNumber], index_usd: ExactNumber) -> Fraction:
        """Coins gained at other prices of the legs and the index, exactly and unrounded."""
        if len(prices_usd) != len(self.legs):
            raise AmountError(f"{len(prices_usd)} prices of {len(self.legs)} legs; one a leg.")
        index = exact_price(index_usd, "index_usd")
        gains = [
            leg.coin_gain(exact_price(price, leg.instrument.symbol), index)
            for leg, price in zip(self.legs, prices_usd, strict=True)
        ]
        return sum(gains, Fraction(0))

    def table(self) -> Table:
        """One row a leg, with what the whole leaves open below."""
        unit = self.legs[0].instrument.underlying
        columns = (
            text("instrument", "Leg"),
            number("contracts", "Contracts", decimals=2, signed=True),
            number("price_usd", "Price", "USD"),
            coin("coin_delta", "Coin delta", unit, 6),
        )
        rows = tuple(
            (leg.instrument.symbol, leg.contracts, leg.price_usd,
             _decimal(leg.coin_delta(self.index_usd)))
            for leg in self.legs
        )  # fmt: skip
        open_coins = _decimal(self.coin_delta)
        how = f"{self.neutralised} sized to leave none" if self.neutralised else "equal dollars"
        notes = (
            f"Left open: {open_coins:+.8f} {unit} to a move of all prices by the same share "
            f"({how}).",
            *self.warnings,
        )
        return Table(f"{unit} spread", columns, rows, notes)


def equal_dollar_position(
    legs: Sequence[tuple[Instrument, ExactNumber, ExactNumber]],
    *,
    usd_amount: ExactNumber,
    index_usd: ExactNumber,
) -> SpreadPosition:
    """Legs of (instrument, weight, price), each of weight times so many dollars, in whole lots.

    A weight above zero is held long. Raises `AmountError` where a leg comes to no lot, or legs are
    of several coins, whose deltas do not add.
    """
    coins = {instrument.underlying for instrument, _, _ in legs}
    if len(legs) < 2 or len(coins) != 1:
        raise AmountError(f"spread: {len(legs)} legs on {sorted(coins)}; two or more of one coin.")
    dollars = Fraction(exact_price(usd_amount, "usd_amount"))
    index = exact_price(index_usd, "index_usd")
    made = []
    for instrument, weight, given in legs:
        price = exact_price(given, instrument.symbol)
        one = _dollars_of_one(instrument, price, index)
        size = whole_lots(instrument, dollars * Fraction(exact(weight, "weight")) / one)
        if not size:
            raise AmountError(
                f"{instrument.symbol}: {weight} times {usd_amount} USD is less than half a lot of "
                f"{instrument.lot} contracts; take a larger amount."
            )
        made.append(SpreadLeg(instrument, size, price))
    return SpreadPosition(tuple(made), index)


def neutralised(position: SpreadPosition, leg: int = -1) -> SpreadPosition:
    """The spread with one leg sized, in whole lots, to leave no coin delta.

    At most half a lot of that leg is left over; `coin_delta` and a warning say how much. Raises
    `AmountError` where that leg would vanish or change sides.
    """
    changed = position.legs[leg]
    name = changed.instrument.symbol
    others = position.coin_delta - changed.coin_delta(position.index_usd)
    per_contract = replace(changed, contracts=Decimal(1)).coin_delta(position.index_usd)
    size = whole_lots(changed.instrument, -others / per_contract)
    if size * changed.contracts <= 0:
        raise AmountError(
            f"{name}: leaving no coin delta needs {size:f} contracts of it in place of "
            f"{changed.contracts:f}; neutralise another leg."
        )
    place = leg % len(position.legs)
    legs = tuple(
        replace(each, contracts=size) if n == place else each
        for n, each in enumerate(position.legs)
    )
    made = replace(position, legs=legs, neutralised=name, warnings=())
    left = made.coin_delta
    if not left:
        return made
    lots = abs(left / (per_contract * Fraction(changed.instrument.lot)))
    told = f"{_decimal(left):+.8f} coins, {float(lots):.2f} of a lot of {name}, are left over."
    return replace(made, warnings=(told,))


def _dollars_of_one(instrument: Instrument, price: Decimal, index: Decimal) -> Fraction:
    coin_settled = instrument.settlement_currency.code == instrument.underlying
    settlement_usd = index if coin_settled else Decimal(1)
    return instrument.payoff.notional_usd(1, price, settlement_usd)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
