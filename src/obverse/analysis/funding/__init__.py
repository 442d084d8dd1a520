"""Funding that was paid: its distribution and persistence, its sums, and beside the basis."""

from obverse.analysis.funding.carry import CarryHistory, carry_history, published_carry
from obverse.analysis.funding.histories import FundingHistory, funding_history
from obverse.analysis.funding.statistics import FundingStatistics, funding_statistics
from obverse.analysis.funding.sums import FundingSums, funding_sums, published_sums, trailing_sums

__all__ = [
    "CarryHistory",
    "FundingHistory",
    "FundingStatistics",
    "FundingSums",
    "carry_history",
    "funding_history",
    "funding_statistics",
    "funding_sums",
    "published_carry",
    "published_sums",
    "trailing_sums",
]
