"""Spreads between futures, perpetuals, venues and commodities, and their statistics."""

from obverse.curves.spreads.board import BoardRow, SpreadBoard, spread_board
from obverse.curves.spreads.carry import SpreadCarry, spread_carry
from obverse.curves.spreads.cointegration import (
    EngleGranger,
    Johansen,
    engle_granger,
    johansen,
)
from obverse.curves.spreads.kinds import (
    PERPETUAL,
    butterfly,
    calendar_spread,
    cross_venue_spread,
    inverse_linear_spread,
    joined_spread,
    perpetual_spread,
)
from obverse.curves.spreads.legs import (
    SpreadLeg,
    SpreadPosition,
    equal_dollar_position,
    neutralised,
)
from obverse.curves.spreads.reversion import HalfLife, half_life
from obverse.curves.spreads.scores import ZScores, z_scores
from obverse.curves.spreads.series import PriceSeries, SpreadSeries, align

__all__ = [
    "PERPETUAL",
    "BoardRow",
    "EngleGranger",
    "HalfLife",
    "Johansen",
    "PriceSeries",
    "SpreadBoard",
    "SpreadCarry",
    "SpreadLeg",
    "SpreadPosition",
    "SpreadSeries",
    "ZScores",
    "align",
    "butterfly",
    "calendar_spread",
    "cross_venue_spread",
    "engle_granger",
    "equal_dollar_position",
    "half_life",
    "inverse_linear_spread",
    "johansen",
    "joined_spread",
    "neutralised",
    "perpetual_spread",
    "spread_board",
    "spread_carry",
    "z_scores",
]
