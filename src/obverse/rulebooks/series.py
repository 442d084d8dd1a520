"""The dated entries of a rulebook, product by product."""

from __future__ import annotations

from obverse.rulebooks.records import Entry, Product, VenueFile

ALL_PRODUCTS = "*"


def entries(file: VenueFile, kind: str) -> list[Entry]:
    """All dated entries of one kind of rule."""
    found: list[Entry] = getattr(file, kind)
    return found


def covers(entry: Entry, product: Product) -> bool:
    """Whether an entry speaks of a product."""
    return product.id in entry.products or ALL_PRODUCTS in entry.products


def series(file: VenueFile, kind: str, product: Product) -> list[tuple[int, Entry]]:
    """The entries of one kind for one product, oldest first, each with its place in the file."""
    places = enumerate(entries(file, kind))
    found = [(place, entry) for place, entry in places if covers(entry, product)]
    return sorted(found, key=lambda pair: pair[1].begins)


def replaces(file: VenueFile, entry: Entry) -> bool:
    """Whether an entry changes the rules of a product that was there before it."""
    return any(
        covers(entry, product)
        and product.begins < entry.begins
        and (product.until is None or entry.begins < product.until)
        for product in file.products
    )
