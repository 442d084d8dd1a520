"""What was seen over time: kinds of series, and parts of them on their way into the store."""

from obverse.market.series.kinds import FIXED, Column, Kind, bars, kind_named
from obverse.market.series.parts import Part, checked, joined

__all__ = ["FIXED", "Column", "Kind", "Part", "bars", "checked", "joined", "kind_named"]
