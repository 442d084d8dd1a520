"""A scenario file as it is written (docs/scenario-files.md): strict records, one a table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec


class Strict(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A record that refuses fields it does not know."""


class BasisRow(Strict, frozen=True):
    """Shock of all dated futures' basis, and of the perpetual's premium."""

    factor: Decimal = Decimal(1)
    shift_bp: Decimal = Decimal(0)
    perpetual_shift: Decimal = Decimal(0)


class PointRow(Strict, frozen=True):
    """Shift of the yearly rate at one day of the curve."""

    bp: Decimal
    days: int | None = None
    expiry: date | None = None


class CurveRow(Strict, frozen=True):
    """Shock of yearly rates by expiry."""

    level_bp: Decimal = Decimal(0)
    slope_bp: Decimal = Decimal(0)
    curvature_bp: Decimal = Decimal(0)
    points: list[PointRow] = []


class ScenarioRow(Strict, frozen=True):
    """Shocks that happen together."""

    name: str
    move: Decimal = Decimal(0)
    moves: dict[str, Decimal] = {}
    basis: BasisRow = BasisRow()
    curve: CurveRow = CurveRow()
    volatility: Decimal = Decimal(1)
    note: str = ""
    source: str = ""


class DayRow(Strict, frozen=True):
    """A day to be replayed: each coin's prices at its start and at the end of every step."""

    day: date
    prices: dict[str, list[Decimal]]
    step_minutes: int = 60
    source: str = ""


class AccountRow(Strict, frozen=True):
    """One account of a cascade."""

    name: str
    side: Literal["long", "short"]
    entry_price: Decimal
    contracts: Decimal | None = None
    usd_amount: Decimal | None = None
    leverage: Decimal | None = None
    margin: Decimal | None = None


class CascadeRow(Strict, frozen=True):
    """A cascade: one contract, its accounts, the first move, the depth and the fund."""

    name: str
    venue: str
    instrument: str
    move: Decimal
    depth_coin: Decimal
    accounts: list[AccountRow]
    price_change: Decimal = Decimal("0.01")
    law: Literal["linear", "square_root"] = "square_root"
    fund: Decimal = Decimal(0)
    residual: Literal["fund", "trader"] | None = None
    fee_rate: Decimal | None = None
    sharing: Literal["queue", "pro_rata"] | None = None


class ScenarioFileRow(Strict, frozen=True):
    """The whole file."""

    scenarios: list[ScenarioRow] = []
    days: list[DayRow] = []
    cascades: list[CascadeRow] = []
