"""What margin a venue binds for a dollar of exposure, and for a dollar of a day's range."""

from obverse.analysis.efficiency.capital import (
    CapitalEfficiency,
    Efficiency,
    Held,
    capital_efficiency,
    daily_range,
)

__all__ = ["CapitalEfficiency", "Efficiency", "Held", "capital_efficiency", "daily_range"]
