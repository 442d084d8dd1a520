"""What a rulebook file holds, field by field: the closed set of words that a venue may use.

The format is described for people in `docs/rulebook-format.md`. Unknown fields, unknown policies
and wrong types are refused when a file is read (`obverse.rulebooks.loader`).
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant with its zone; a plain date in a file has become its 00:00 UTC."""
RoundingName = Literal["nearest", "half_even", "toward_zero", "away_from_zero", "floor", "ceiling"]
CycleName = Literal["daily", "weekly", "monthly", "quarterly", "semiannual"]
KindName = Literal["perpetual", "future", "spread"]
MarginStyle = Literal[
    "step_whole_position",
    "linear_in_size",
    "marginal",
    "marginal_with_deduction",
    "step_by_contracts",
]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A record read from a file: immutable, no unknown fields."""


class Product(Strict, kw_only=True, frozen=True, rename={"begins": "from"}):
    """Something a venue lists: one perpetual, or a family of dated futures or spreads."""

    id: str
    kind: KindName
    payoff: Literal["inverse", "linear", "quanto"]
    underlying: str
    quote: str
    settlement: str
    symbol: str
    index: str
    begins: Moment
    until: Moment | None = None
    source: list[str]
    uncertain: str | None = None
    note: str | None = None


class Entry(Strict, kw_only=True, frozen=True, rename={"begins": "from"}):
    """A dated rule for some products. `begins` is written `from` in the file."""

    products: list[str]
    begins: Moment
    until: Moment | None = None
    source: list[str]
    uncertain: str | None = None
    note: str | None = None


class Specification(Entry, kw_only=True, frozen=True):
    """Contract size and steps."""

    multiplier: Decimal
    tick: Decimal
    lot: Decimal
    order_unit: Literal["contracts", "usd"]
    max_order_contracts: Decimal | None = None


class FieldPlaces(Strict, kw_only=True, frozen=True):
    """Last decimal kept of one field and the direction of the rest."""

    places: int
    rounding: RoundingName


class RoundingRule(Entry, kw_only=True, frozen=True):
    """How coin amounts are kept."""

    exponent: int
    shown: int = 8
    value: FieldPlaces
    fee: FieldPlaces
    delivery_fee: FieldPlaces
    funding: FieldPlaces | None = None
    margin: FieldPlaces | None = None
    closing_fee: FieldPlaces | None = None
    value_unit: Literal["position", "lot"] = "position"
    averaging: Literal["exact", "whole_units_per_lot"] = "exact"


class Fees(Entry, kw_only=True, frozen=True):
    """Fee rates on coin value; below zero is a rebate."""

    maker: Decimal
    taker: Decimal
    delivery: Decimal
    liquidation: Decimal | None = None
    cycle: CycleName | None = None


class MovedDate(Strict, kw_only=True, frozen=True, rename={"rule": "from", "actual": "to"}):
    """A delivery that was not on the day the rule says."""

    rule: date
    actual: date


class CalendarRule(Entry, kw_only=True, frozen=True):
    """Which expiries are listed and when they deliver."""

    cycles: dict[CycleName, int]
    delivery_time: time
    time_zone: str
    coinciding: Literal["shared", "skipped"]
    moved: list[MovedDate] = []
    added: list[date] = []
    cancelled: list[date] = []
    listing_delay_minutes: int = 0


class Delivery(Entry, kw_only=True, frozen=True):
    """How the delivery price is made."""

    method: Literal["index_average", "volume_weighted_medians", "index_value"]
    window_minutes: Decimal
    sample_seconds: Decimal | None = None


class Session(Entry, kw_only=True, frozen=True):
    """Whether gains are settled to cash before delivery, and when."""

    method: Literal["none", "daily"]
    time: time | None = None
    time_zone: str | None = None


class IndexRule(Entry, kw_only=True, frozen=True):
    """How an index is combined from its sources."""

    combination: Literal["weighted", "equal"]
    outliers: Literal["none", "clamp_to_median", "drop_extremes"]
    band_rate: Decimal | None = None
    silent_seconds: Decimal | None = None
    minimum_sources: int = 1
    few_equal: int = 0
    publish_seconds: Decimal | None = None
    constituents: dict[str, Decimal] = {}


class MarkRule(Entry, kw_only=True, frozen=True):
    """How a mark price is made."""

    policy: Literal["funding_decay", "basis_average", "median_of_three", "annualised_impact_basis"]
    basis_of: Literal["market_price", "mid", "impact_mid"] | None = None
    average: Literal["exponential", "moving"] | None = None
    average_seconds: Decimal | None = None
    sample_seconds: Decimal | None = None
    bound_rate: Decimal | None = None
    impact_notional_coin: Decimal | None = None
    impact_notional_usd: Decimal | None = None
    whole_minutes: bool = False
    places: int | None = None
    settlement_average: bool = False


class FundingRule(Entry, kw_only=True, frozen=True):
    """How funding is measured and exchanged. Rates are per `rate_hours`."""

    premium: Literal["impact_with_basis", "impact", "mark", "mid"]
    sample_seconds: Decimal
    weights: Literal["flat", "linear", "rolling"]
    rule: Literal["clamp", "dampener", "divide", "plain"]
    interest_rate: Decimal = Decimal(0)
    dampener: Decimal | None = None
    coefficient: Decimal | None = None
    cap: Decimal | None = None
    lag: Literal["same_window", "next_window"]
    accrual: Literal["discrete", "continuous", "fixed_amount"]
    interval_hours: int
    anchor_hour: int = 0
    rate_hours: int = 8
    valued_on: Literal["mark", "index"] = "mark"


class PriceBandRule(Entry, kw_only=True, frozen=True):
    """How far from the mark an order may be priced."""

    band_rate: Decimal


class Step(Strict, kw_only=True, frozen=True):
    """Whole position moves one step at each limit (coin)."""

    base_limit: Decimal
    step: Decimal
    base_initial_rate: Decimal
    base_maintenance_rate: Decimal


class LinearInSize(Strict, kw_only=True, frozen=True):
    """Rate = base + slope × size in coin, on the whole size."""

    base_initial_rate: Decimal
    base_maintenance_rate: Decimal
    slope_per_coin: Decimal


class Tier(Strict, kw_only=True, frozen=True):
    """One bracket: up to `cap` (inclusive), these rates."""

    cap: Decimal | None = None
    initial_rate: Decimal | None = None
    maintenance_rate: Decimal
    max_leverage: Decimal | None = None


class Margin(Entry, kw_only=True, frozen=True):
    """Margin requirements as data; the engine that applies them is in `risk.margin`.

    `value_basis` is that of maintenance, `initial_basis` that of initial margin held across
    positions; what is posted behind one isolated position comes from its entry value.
    `closing_fee` says where the fee for closing stands: nowhere, in both margins at the bankruptcy
    price, in both on entry value plus margin, or in maintenance at the mark. `opening_fee` says
    who pays the fee of an isolated opening: the balance, or the margin posted. `order_margin` says
    what a resting order reserves: initial margin alone, or with the fees to open and to close;
    `order_sides` whether each order counts or, of bids and asks, the larger side after the
    position.
    """

    style: MarginStyle
    value_basis: Literal["entry", "mark"]
    initial_basis: Literal["entry", "mark"] = "entry"
    closing_fee: Literal["none", "at_bankruptcy", "on_entry_and_margin", "at_mark"] = "none"
    opening_fee: Literal["balance", "margin"] = "balance"
    order_margin: Literal["initial", "with_fees"] = "initial"
    order_sides: Literal["each", "larger"] = "each"
    max_leverage: Decimal | None = None
    step: Step | None = None
    linear: LinearInSize | None = None
    tier_unit: Literal["coin", "contracts"] | None = None
    tiers: list[Tier] = []


class LiquidationRule(Entry, kw_only=True, frozen=True):
    """What a venue does with a position that maintenance no longer covers.

    Attributes
    ----------
    engine : `takeover` (the whole at bankruptcy price), `tier_walk_down` (down the margin tiers,
        then takeover), `incremental` (slices until maintenance is met), `immediate_or_cancel`
        (one order down to the zero-equity price)
    price_rounding : of liquidation and bankruptcy prices, always against the trader: to the tick,
        in whole units of coin per lot and then to the tick, or one tick early without rounding
    bankruptcy_fee : whether the bankruptcy price of a cross position leaves the closing fee
    predicted_funding : whether funding owed at the next stamp counts in the liquidation price
    closes : whether its order closes the whole position, or only until maintenance is met
    slice_contracts : of an incremental engine, contracts of one order
    tiers_down : of a walk-down, tiers it goes down at a time; none is straight to `target_tier`
    from_tier : the walk-down begins at this tier; smaller positions are taken over whole
    residual : who keeps what a better fill than bankruptcy leaves
    loss_sharing : what pays for a loss that the fund does not cover
    score : ranks accounts for deleveraging
    deleveraging_price : price at which positions are deleveraged
    fund_fall, fund_fall_stop : falls of the fund from its 8-hour peak, as fractions, at which
        deleveraging begins and ends
    settlement_price_too : the expected settlement price liquidates too inside the delivery window
    """

    engine: Literal["takeover", "tier_walk_down", "incremental", "immediate_or_cancel"]
    price_rounding: Literal["none", "tick", "lot_units_and_tick", "one_tick_early"] = "none"
    bankruptcy_fee: bool = False
    predicted_funding: bool = False
    closes: Literal["whole", "until_met"] = "whole"
    slice_contracts: Decimal | None = None
    tiers_down: int | None = None
    target_tier: int = 1
    from_tier: int = 2
    residual: Literal["fund", "trader"] = "fund"
    loss_sharing: Literal["deleveraging", "session_winners", "opposite_positions"]
    score: Literal["profit_times_leverage", "leverage_times_profit_over_collateral"] | None = None
    deleveraging_price: Literal["bankruptcy", "mark"] = "bankruptcy"
    fund_fall: Decimal | None = None
    fund_fall_stop: Decimal | None = None
    settlement_price_too: bool = False


class PortfolioMarginRule(Entry, kw_only=True, frozen=True):
    """Margin by the worst of a grid of scenarios (Deribit's portfolio margin).

    Attributes
    ----------
    price_range : largest move of the price, as a fraction, split in `buckets` steps each side
    gain_offset : share of a pair's gains that counts against losses of others
    minimum_annualised_move : roll shock per coin of gross position
    maintenance_factor : maintenance over the risk matrix
    volatility_up, volatility_down : range of volatility of 30-day options, as a fraction
    power_short, power_long : exponents of (30 / days) below and above 30 days
    """

    price_range: Decimal
    buckets: int
    gain_offset: Decimal
    minimum_annualised_move: Decimal
    maintenance_factor: Decimal
    volatility_up: Decimal | None = None
    volatility_down: Decimal | None = None
    power_short: Decimal | None = None
    power_long: Decimal | None = None


class VenueFile(Strict, kw_only=True, frozen=True, rename={"begins": "from"}):
    """One venue's whole history of rules."""

    venue: str
    name: str
    begins: Moment
    until: Moment | None = None
    note: str | None = None
    sources: dict[str, str]
    products: list[Product]
    specification: list[Specification]
    rounding: list[RoundingRule]
    fees: list[Fees]
    calendar: list[CalendarRule] = []
    delivery: list[Delivery] = []
    session: list[Session] = []
    margin: list[Margin]
    index: list[IndexRule] = []
    mark: list[MarkRule] = []
    funding: list[FundingRule] = []
    price_band: list[PriceBandRule] = []
    liquidation: list[LiquidationRule] = []
    portfolio_margin: list[PortfolioMarginRule] = []


RULE_KINDS: dict[str, tuple[KindName, ...]] = {
    "specification": ("perpetual", "future", "spread"),
    "rounding": ("perpetual", "future", "spread"),
    "fees": ("perpetual", "future", "spread"),
    "calendar": ("future",),
    "delivery": ("future",),
    "session": ("perpetual", "future"),
    "margin": ("perpetual", "future"),
}
"""The kinds of rule, and the kinds of product that must have each over their whole life."""

FURTHER_KINDS: dict[str, tuple[KindName, ...]] = {
    "index": ("perpetual", "future"),
    "mark": ("perpetual", "future"),
    "funding": ("perpetual",),
    "price_band": ("perpetual", "future", "spread"),
    "liquidation": ("perpetual", "future"),
    "portfolio_margin": ("perpetual", "future"),
}
"""Kinds of rule that a file may leave out, and the kinds of product that may have each."""

LATER_KINDS = {"portfolio_margin"}
"""Kinds of rule that a venue may bring in after it has listed the product."""

ALL_KINDS = RULE_KINDS | FURTHER_KINDS
