"""Compiles what is compiled at first use: `python -m obverse.app.warm`, at the end of the set-up.

A room that has compiled loops has a module `warm` with a function `warm`, and its name here.
"""

from __future__ import annotations

import sys
from importlib import import_module

ROOMS = (
    "obverse.market.order_book",
    "obverse.marks",
    "obverse.risk",
    "obverse.analysis.price_discovery",
)


def warm() -> None:
    """Run every room's compiled loops once; what is compiled already takes a moment."""
    for room in ROOMS:
        import_module(f"{room}.warm").warm()


if __name__ == "__main__":
    try:
        warm()
    except Exception as error:  # whatever it is, first use will compile, or say what is wrong
        sys.exit(f"obverse: {type(error).__name__}: {error}")
