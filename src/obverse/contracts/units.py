"""Exact numbers: how text becomes a number, how a number becomes whole units of a coin.

A coin amount is an integer count of the smallest unit that a venue keeps. Prices and contract
counts are `Decimal`. Every rounding is named and has a direction; nothing here is a binary float.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from enum import Enum
from fractions import Fraction
from typing import Any, TypeAlias

from obverse.errors import AmountError

ExactNumber: TypeAlias = str | int | Decimal
"""What an exact number may be made of. Binary floats are not among them."""

_MAX_DIGITS = 60
_WIDE = Context(prec=120)
DERIVED_DIGITS = 28
"""Significant digits of derived, never stored, quotients such as an average price."""


class Rounding(Enum):
    """Where a number between two units goes."""

    NEAREST = "nearest"  # ties away from zero
    HALF_EVEN = "half_even"
    TOWARD_ZERO = "toward_zero"
    AWAY_FROM_ZERO = "away_from_zero"
    FLOOR = "floor"
    CEILING = "ceiling"


def exact(number: ExactNumber, what: str = "number") -> Decimal:
    """Make an exact decimal from text, an integer or a Decimal; the only door for numbers.

    Binary floats, NaN, infinities and absurd sizes raise `AmountError`. `what` names the number
    in the message.
    """
    if isinstance(number, bool) or not isinstance(number, str | int | Decimal):
        kind = type(number).__name__
        raise AmountError(
            f"{what}: {kind} {number!r} is not exact; write it as text, such as {str(number)!r}, "
            "or as a Decimal."
        )
    try:
        value = Decimal(number.strip() if isinstance(number, str) else number)
    except InvalidOperation:
        raise AmountError(f"{what}: {number!r} is not a number; expected e.g. '10000.5'.") from None
    if not value.is_finite():
        raise AmountError(f"{what}: {number!r} is not finite.")
    if abs(value.adjusted()) > _MAX_DIGITS or len(value.as_tuple().digits) > _MAX_DIGITS:
        raise AmountError(f"{what}: {value:.3E} has more than {_MAX_DIGITS} digits.")
    return plain(value)


def exact_price(price: ExactNumber, what: str = "price") -> Decimal:
    """Make an exact price; it must be above zero."""
    value = exact(price, what)
    if value <= 0:
        raise AmountError(f"{what}: {value} is not above zero.")
    return value


def plain(value: Decimal) -> Decimal:
    """Return the same number without exponent notation or trailing zeros: 1E+4 becomes 10000."""
    if value == 0:
        return Decimal(0)
    value = value.normalize(_WIDE)
    return value if value.as_tuple().exponent <= 0 else value.quantize(Decimal(1), context=_WIDE)  # type: ignore[operator]


def add(a: Decimal, b: Decimal) -> Decimal:
    """Add two exact decimals without losing a digit."""
    return plain(_WIDE.add(a, b))


def to_integer(value: Fraction, rounding: Rounding) -> int:
    """Round an exact fraction to an integer in the named direction."""
    floor, remainder = divmod(value.numerator, value.denominator)
    if remainder == 0:
        return floor
    up = floor + 1
    twice = 2 * remainder - value.denominator
    match rounding:
        case Rounding.FLOOR:
            return floor
        case Rounding.CEILING:
            return up
        case Rounding.TOWARD_ZERO:
            return floor if value > 0 else up
        case Rounding.AWAY_FROM_ZERO:
            return up if value > 0 else floor
        case Rounding.HALF_EVEN if twice == 0:
            return floor if floor % 2 == 0 else up
        case _ if twice == 0:
            return up if value > 0 else floor
    return up if twice > 0 else floor


def round_to_step(value: Decimal | Fraction, step: Decimal, rounding: Rounding) -> Decimal:
    """Round to a multiple of `step`: a price to its tick, contracts to their lot."""
    if step <= 0:
        raise AmountError(f"step: {step} is not above zero.")
    return plain(_WIDE.multiply(to_integer(Fraction(value) / Fraction(step), rounding), step))


def to_ticks(price: ExactNumber, tick: Decimal) -> int:
    """Return a price as a whole number of ticks; a price between two ticks is refused."""
    count = Fraction(exact(price, "price")) / Fraction(tick)
    if count.denominator != 1:
        raise AmountError(f"price: {price} is not a multiple of the tick {tick}.")
    return count.numerator


def to_decimal(value: Fraction, digits: int = DERIVED_DIGITS) -> Decimal:
    """Return a fraction as a decimal of so many significant digits, nearest, ties to even."""
    quotient = Context(prec=digits).divide(Decimal(value.numerator), Decimal(value.denominator))
    return plain(quotient)


class Price(Decimal):
    """A derived price: an exact decimal that prints with its unit and the digits people read."""

    unit: str

    def __new__(cls, value: Decimal, unit: str = "USD") -> Price:
        """Make a price of so many `unit` per coin."""
        made = super().__new__(cls, value)
        made.unit = unit
        return made

    def __str__(self) -> str:
        """Print as `13,333.33 USD`; below ten with six decimals."""
        places = 2 if abs(self) >= 10 else 6
        return f"{self:,.{places}f} {self.unit}"

    __repr__ = __str__

    def __format__(self, specification: str, /, *_: Any) -> str:
        """Format as a number where a format is asked for, else print with the unit."""
        return super().__format__(specification) if specification else str(self)

    def __reduce__(self) -> Any:
        """Travel between processes with the unit."""
        return Price, (Decimal(self), self.unit)


@dataclass(frozen=True)
class Currency:
    """A currency and the smallest unit an owner keeps of it.

    `exponent` 8 means that one unit is 1e-8 (a satoshi); `shown` is how many decimals people read.
    """

    code: str
    exponent: int = 8
    shown: int = 8

    def __post_init__(self) -> None:
        """Refuse units no ledger could hold."""
        if not self.code or not 0 <= self.exponent <= _MAX_DIGITS or self.shown < 0:
            raise AmountError(f"currency: {self.code!r} with exponent {self.exponent}.")

    @property
    def scale(self) -> int:
        """Units in one whole coin."""
        scale: int = 10**self.exponent
        return scale

    def amount(self, coins: ExactNumber | Fraction, rounding: Rounding | None = None) -> Amount:
        """Make an amount of whole coins; without a rounding it must fit the unit exactly."""
        value = coins if isinstance(coins, Fraction) else Fraction(exact(coins, self.code))
        units = value * self.scale
        if rounding is None:
            if units.denominator != 1:
                raise AmountError(
                    f"{self.code}: {coins} is finer than its unit of 1e-{self.exponent}; "
                    "name a rounding or write fewer decimals."
                )
            return Amount(units.numerator, self)
        return Amount(to_integer(units, rounding), self)

    def parse(self, text: str) -> Amount:
        """Read back what an amount prints: `'5.00000000 BTC'`, with or without the code."""
        number, _, code = text.strip().partition(" ")
        if code and code != self.code:
            raise AmountError(f"{text!r} is not in {self.code}.")
        return self.amount(number.replace(",", ""))

    @property
    def zero(self) -> Amount:
        """Nothing of it."""
        return Amount(0, self)


USD = Currency("USD", exponent=8, shown=2)
"""Dollars as derived worth: kept to 1e-8, shown in cents."""


@dataclass(frozen=True, order=False)
class Amount:
    """A whole number of the smallest units of one currency.

    Amounts of one currency add, subtract and compare; a different currency, or the same one kept
    in another unit, is refused. Times a price it becomes dollars (`in_usd`).
    """

    units: int
    currency: Currency

    def __post_init__(self) -> None:
        """Refuse anything but whole units."""
        if isinstance(self.units, bool) or not isinstance(self.units, int):
            raise AmountError(
                f"{self.currency.code}: {self.units!r} is not a whole count of units."
            )

    @property
    def coins(self) -> Decimal:
        """The amount in whole coins, exactly."""
        return plain(Decimal(self.units).scaleb(-self.currency.exponent, _WIDE))

    @property
    def fraction(self) -> Fraction:
        """The amount in whole coins as a fraction."""
        return Fraction(self.units, self.currency.scale)

    def _same(self, other: Amount) -> None:
        if not isinstance(other, Amount):
            raise AmountError(
                f"{other!r} is not an amount; compare with or add {self.currency.code} amounts, "
                "such as currency.zero."
            )
        if self.currency != other.currency:
            raise AmountError(
                f"{self.currency.code} (1e-{self.currency.exponent}) and {other.currency.code} "
                f"(1e-{other.currency.exponent}) do not add; convert one of them first."
            )

    def __add__(self, other: Amount) -> Amount:
        """Add an amount of the same currency."""
        self._same(other)
        return Amount(self.units + other.units, self.currency)

    def __radd__(self, other: int) -> Amount:
        """Let `sum` start from its zero."""
        return self if other == 0 else NotImplemented

    def __format__(self, specification: str) -> str:
        """Format the coins as a number where a format is asked for, else print with the code."""
        return format(self.coins, specification) if specification else str(self)

    def __sub__(self, other: Amount) -> Amount:
        """Subtract an amount of the same currency."""
        self._same(other)
        return Amount(self.units - other.units, self.currency)

    def __neg__(self) -> Amount:
        """Turn the sign."""
        return Amount(-self.units, self.currency)

    def __abs__(self) -> Amount:
        """Drop the sign."""
        return Amount(abs(self.units), self.currency)

    def __bool__(self) -> bool:
        """Whether it is anything at all."""
        return self.units != 0

    def __lt__(self, other: Amount) -> bool:
        """Compare with an amount of the same currency."""
        self._same(other)
        return self.units < other.units

    def __le__(self, other: Amount) -> bool:
        """Compare with an amount of the same currency."""
        self._same(other)
        return self.units <= other.units

    def in_unit(self, currency: Currency, rounding: Rounding = Rounding.NEAREST) -> Amount:
        """The same coins kept in another unit of the same currency."""
        if currency.code != self.currency.code:
            raise AmountError(f"{self.currency.code} is not {currency.code}; use a price.")
        return currency.amount(self.fraction, rounding)

    def in_usd(self, price: ExactNumber, currency: Currency = USD) -> Amount:
        """Worth in dollars at a price per coin, rounded to the nearest unit of `currency`."""
        value = self.fraction * Fraction(exact_price(price))
        return currency.amount(value, Rounding.NEAREST)

    def __str__(self) -> str:
        """Print with the digits people read: `5.00000000 BTC`, `100,000.00 USD`."""
        shown = round_to_step(self.coins, Decimal(1).scaleb(-self.currency.shown), Rounding.NEAREST)
        return f"{shown:,.{self.currency.shown}f} {self.currency.code}"

    def __repr__(self) -> str:
        """Print every stored digit, and no fewer than people read."""
        stored = -int(self.coins.as_tuple().exponent)
        return f"{self.coins:,.{max(stored, self.currency.shown)}f} {self.currency.code}"
