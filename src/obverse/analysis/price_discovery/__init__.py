"""Where prices are found first: lead-lag of ticks, information and component shares."""

from obverse.analysis.price_discovery.lead_lag import (
    Covariation,
    LeadLag,
    hayashi_yoshida,
    lead_lag,
)
from obverse.analysis.price_discovery.loading import stored_prices
from obverse.analysis.price_discovery.shares import (
    MarketShare,
    PriceDiscovery,
    price_discovery,
    sampled,
)

__all__ = [
    "Covariation",
    "LeadLag",
    "MarketShare",
    "PriceDiscovery",
    "hayashi_yoshida",
    "lead_lag",
    "price_discovery",
    "sampled",
    "stored_prices",
]
