"""Obverse: one exact model of the inverse contract, from quote to settlement.

    import obverse as ob

    deribit = ob.rulebook("deribit", as_of="2026-02-01")
    perpetual = deribit.instrument("BTC-PERPETUAL")
    position = ob.Position.flat(perpetual).buy(usd_amount=100_000, price="10000")
    position.pnl(price="20000")

Everything public is listed in `docs/api.md`. Names load when they are first used, so that importing
the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from obverse import analysis, contracts, curves, market, marks, pricing, risk, rulebooks
    from obverse.app.report import Report, report
    from obverse.contracts import (
        USD,
        Amount,
        Currency,
        Instrument,
        Inverse,
        Linear,
        Position,
        Quanto,
        Rounding,
    )
    from obverse.curves import Curve, curve
    from obverse.errors import (
        AmountError,
        BookError,
        DataError,
        LocatedError,
        MarketDataError,
        ObverseError,
        RuleError,
        SymbolError,
    )
    from obverse.market import Market, Snapshot
    from obverse.pricing import (
        Carry,
        RateCurve,
        TradeFees,
        cash_and_carry,
        compare_with_market,
        fair_price,
        implied_coin_yield,
        reverse_cash_and_carry,
    )
    from obverse.risk import Book, Holding, book_accounts, exposure, hedges, ladder
    from obverse.rulebooks import Rulebook, rulebook, venues

_HOMES = {
    "obverse.app.report": ("Report", "report"),
    "obverse.contracts": (
        "USD",
        "Amount",
        "Currency",
        "Instrument",
        "Inverse",
        "Linear",
        "Position",
        "Quanto",
        "Rounding",
    ),
    "obverse.curves": ("Curve", "curve"),
    "obverse.errors": (
        "AmountError",
        "BookError",
        "DataError",
        "LocatedError",
        "MarketDataError",
        "ObverseError",
        "RuleError",
        "SymbolError",
    ),
    "obverse.market": ("Market", "Snapshot"),
    "obverse.pricing": (
        "Carry",
        "RateCurve",
        "TradeFees",
        "cash_and_carry",
        "compare_with_market",
        "fair_price",
        "implied_coin_yield",
        "reverse_cash_and_carry",
    ),
    "obverse.risk": ("Book", "Holding", "book_accounts", "exposure", "hedges", "ladder"),
    "obverse.rulebooks": ("Rulebook", "rulebook", "venues"),
}
_ROOMS = ("analysis", "contracts", "curves", "market", "marks", "pricing", "risk", "rulebooks")
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "USD",
    "Amount",
    "AmountError",
    "Book",
    "BookError",
    "Carry",
    "Currency",
    "Curve",
    "DataError",
    "Holding",
    "Instrument",
    "Inverse",
    "Linear",
    "LocatedError",
    "Market",
    "MarketDataError",
    "ObverseError",
    "Position",
    "Quanto",
    "RateCurve",
    "Report",
    "Rounding",
    "RuleError",
    "Rulebook",
    "Snapshot",
    "SymbolError",
    "TradeFees",
    "analysis",
    "book_accounts",
    "cash_and_carry",
    "compare_with_market",
    "contracts",
    "curve",
    "curves",
    "exposure",
    "fair_price",
    "hedges",
    "implied_coin_yield",
    "ladder",
    "market",
    "marks",
    "pricing",
    "report",
    "reverse_cash_and_carry",
    "risk",
    "rulebook",
    "rulebooks",
    "venues",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name in _ROOMS:
        value = import_module(f"obverse.{name}")
    else:
        raise AttributeError(f"module 'obverse' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
