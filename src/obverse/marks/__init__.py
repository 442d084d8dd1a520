"""What a position is marked at: index, mark price, premium, funding, delivery."""

from obverse.marks.averages import exponential_average, moving_average, window_average
from obverse.marks.composition import Composition, IndexOutage, composition, index_outage
from obverse.marks.composition_history import CompositionHistory, composition_history
from obverse.marks.delivery import (
    DeliveryWindow,
    RunningDelivery,
    Trade,
    average_delivery,
    reference_rate,
    running_delivery,
    weighted_median,
)
from obverse.marks.funding import (
    FundingRound,
    TwapFunding,
    TwapTerms,
    absolute_payment,
    absolute_rate,
    accumulated_funding,
    cap_per_day,
    capped,
    clamped_rate,
    dampened_rate,
    divided_rate,
    funding_payment,
    impact_premium,
    interest_rate,
    premium,
    settle_to_zero,
    twap_funding,
)
from obverse.marks.history import PerpetualHistory, perpetual_history
from obverse.marks.impact import (
    Level,
    PriceBand,
    impact_mid_price,
    impact_price,
    market_price,
    price_band,
)
from obverse.marks.index import (
    Contribution,
    IndexRule,
    IndexState,
    IndexValue,
    SourcePrice,
    index_value,
)
from obverse.marks.index_history import IndexHistory, SourceHistory, index_history
from obverse.marks.outages import Outage, outage
from obverse.marks.prediction import PredictedFunding, predicted_funding
from obverse.marks.samples import PerpetualSamples
from obverse.marks.schedule import Schedule, Span
from obverse.marks.session import SettledSession, next_session, settle_session

__all__ = [
    "Composition",
    "CompositionHistory",
    "Contribution",
    "DeliveryWindow",
    "FundingRound",
    "IndexHistory",
    "IndexOutage",
    "IndexRule",
    "IndexState",
    "IndexValue",
    "Level",
    "Outage",
    "PerpetualHistory",
    "PerpetualSamples",
    "PredictedFunding",
    "PriceBand",
    "RunningDelivery",
    "Schedule",
    "SettledSession",
    "SourceHistory",
    "SourcePrice",
    "Span",
    "Trade",
    "TwapFunding",
    "TwapTerms",
    "absolute_payment",
    "absolute_rate",
    "accumulated_funding",
    "average_delivery",
    "cap_per_day",
    "capped",
    "clamped_rate",
    "composition",
    "composition_history",
    "dampened_rate",
    "divided_rate",
    "exponential_average",
    "funding_payment",
    "impact_mid_price",
    "impact_premium",
    "impact_price",
    "index_history",
    "index_outage",
    "index_value",
    "interest_rate",
    "market_price",
    "moving_average",
    "next_session",
    "outage",
    "perpetual_history",
    "predicted_funding",
    "premium",
    "price_band",
    "reference_rate",
    "running_delivery",
    "settle_session",
    "settle_to_zero",
    "twap_funding",
    "weighted_median",
    "window_average",
]
