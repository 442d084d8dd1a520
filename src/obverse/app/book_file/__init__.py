"""Book files: holdings, positions, orders, accounts and assumptions in TOML, field by field.

The format is docs/book-files.md.
"""

from obverse.app.book_file.reader import read_book, read_book_file
from obverse.app.book_file.records import (
    AccountRow,
    Assumptions,
    Fill,
    HoldingRow,
    OrderRow,
    PositionRow,
    Rate,
)

__all__ = [
    "AccountRow",
    "Assumptions",
    "Fill",
    "HoldingRow",
    "OrderRow",
    "PositionRow",
    "Rate",
    "read_book",
    "read_book_file",
]
