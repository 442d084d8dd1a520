"""A book file as it is written (docs/book-files.md): strict records, one a table."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from obverse.risk.margin.account import AccountMode
from obverse.risk.margin.terms import Mode


class Fill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One trade that made a position."""

    side: Literal["buy", "sell"]
    price: Decimal
    contracts: Decimal | None = None
    usd_amount: Decimal | None = None


class PositionRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One position: a size at an entry price, or the fills that made it."""

    venue: str
    instrument: str
    side: Literal["long", "short"] | None = None
    contracts: Decimal | None = None
    usd_amount: Decimal | None = None
    entry_price: Decimal | None = None
    fills: list[Fill] | None = None
    mode: Mode = "cross"
    leverage: Decimal | None = None
    margin: Decimal | None = None


class OrderRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A resting limit order."""

    venue: str
    instrument: str
    side: Literal["buy", "sell"]
    price: Decimal
    contracts: Decimal | None = None
    usd_amount: Decimal | None = None
    leverage: Decimal | None = None


class AccountRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a venue margins one coin's account, where it is not plainly across its positions."""

    venue: str
    coin: str
    mode: AccountMode = "cross"
    haircuts: dict[str, Decimal] = {}


class HoldingRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So much of a currency."""

    currency: str
    amount: Decimal
    place: str = ""


class RatePoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One node of a rate curve."""

    years: Decimal
    rate: Decimal


class PaymentRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one coin pays its holder: so many dollars in so many years."""

    coin: str
    years: Decimal
    amount_usd: Decimal


Rate: TypeAlias = Decimal | list[RatePoint]
"""A flat yearly rate, or a curve of them."""


class Assumptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the owner assumes of rates and fees; rates per year, continuously compounded."""

    dollar_rate: Rate | None = None
    storage_rate: Rate = Decimal(0)
    coin_yield: dict[str, Rate] = {}
    payments: list[PaymentRow] = []
    spot_fee: Decimal | None = None


class BookRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it is written."""

    name: str = ""
    assumptions: Assumptions = Assumptions()
    holdings: list[HoldingRow] = []
    positions: list[PositionRow] = []
    orders: list[OrderRow] = []
    accounts: list[AccountRow] = []
    index: dict[str, dict[str, Decimal]] = {}
