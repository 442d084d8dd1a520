"""What a venue decrees: dated rules as data, and the instruments they make."""

from obverse.rulebooks.in_force import ProductRules
from obverse.rulebooks.loader import read_venue, venue_file, venues
from obverse.rulebooks.rulebook import Change, Rulebook, rulebook

__all__ = [
    "Change",
    "ProductRules",
    "Rulebook",
    "read_venue",
    "rulebook",
    "venue_file",
    "venues",
]
