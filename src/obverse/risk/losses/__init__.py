"""Who bears a loss: insurance fund, partial liquidation, deleveraging, and loss socialisation."""

from obverse.risk.losses.allocation import (
    POLICIES,
    Allocation,
    Winner,
    allocate,
    haircutable,
    in_order,
)
from obverse.risk.losses.coin_allocation import CoinAllocation, Haircut, allocate_coins
from obverse.risk.losses.deleveraging import (
    Closing,
    Closings,
    Deleveraged,
    PricePolicy,
    Queue,
    Ranked,
    close_from_top,
    deleverage,
    deleveraging_price,
    queue,
    queues,
)
from obverse.risk.losses.fund_size import fund_cost, lognormal_fund_size, sample_fund_size
from obverse.risk.losses.insurance import (
    FundEntry,
    FundHistory,
    FundPart,
    InsuranceFund,
    cover,
    fund_part,
    receive,
    run_fund,
    settle,
)
from obverse.risk.losses.partial import Slice, contracts_to_tier, restoring_slice
from obverse.risk.losses.risk_weights import risk_shares, risk_weight
from obverse.risk.losses.scores import SCORES, Candidate, effective_leverage, score
from obverse.risk.losses.socialisation import socialise
from obverse.risk.losses.trigger import PoolFall, is_deleveraging, peak_balance, pool_fall

__all__ = [
    "POLICIES",
    "SCORES",
    "Allocation",
    "Candidate",
    "Closing",
    "Closings",
    "CoinAllocation",
    "Deleveraged",
    "FundEntry",
    "FundHistory",
    "FundPart",
    "Haircut",
    "InsuranceFund",
    "PoolFall",
    "PricePolicy",
    "Queue",
    "Ranked",
    "Slice",
    "Winner",
    "allocate",
    "allocate_coins",
    "close_from_top",
    "contracts_to_tier",
    "cover",
    "deleverage",
    "deleveraging_price",
    "effective_leverage",
    "fund_cost",
    "fund_part",
    "haircutable",
    "in_order",
    "is_deleveraging",
    "lognormal_fund_size",
    "peak_balance",
    "pool_fall",
    "queue",
    "queues",
    "receive",
    "restoring_slice",
    "risk_shares",
    "risk_weight",
    "run_fund",
    "sample_fund_size",
    "score",
    "settle",
    "socialise",
]
