"""How a market changes with the hour of the day and the weekday, and whether that is chance."""

from obverse.analysis.seasons.groups import GroupMean, Seasonality, SeasonTest, seasonality
from obverse.analysis.seasons.quantities import (
    Observations,
    absolute_moves,
    funding_observations,
    quoted_spreads,
    season_bars,
    turnovers,
)

__all__ = [
    "GroupMean",
    "Observations",
    "SeasonTest",
    "Seasonality",
    "absolute_moves",
    "funding_observations",
    "quoted_spreads",
    "season_bars",
    "seasonality",
    "turnovers",
]
