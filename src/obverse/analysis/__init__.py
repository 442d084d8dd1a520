"""What recorded markets tell; each room is loaded when it is first named.

`activity` (turnover, open interest, liquidation levels), `arbitrage` (the screen and bounds),
`efficiency` (margin for a dollar of exposure), `funding` (what was paid), `liquidity` (spreads,
impact, order flow), `price_discovery` (who leads), `seasons` (by hour and weekday).
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

__all__ = [
    "activity",
    "arbitrage",
    "efficiency",
    "funding",
    "liquidity",
    "price_discovery",
    "seasons",
]


def __getattr__(name: str) -> ModuleType:
    """Load a room when it is first named."""
    if name in __all__:
        return import_module(f"obverse.analysis.{name}")
    raise AttributeError(f"module 'obverse.analysis' has no attribute {name!r}")
