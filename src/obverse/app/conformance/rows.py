"""Rows of a conformance file: one published worked example a line.

The vocabulary below is the format's, whole: quantities that Obverse does not compute yet are in it
too, so that an unknown word is told from a known one that waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from obverse.errors import DataError

_OPENED = "side contracts usd_amount entry_price"
FILL_WORDS = frozenset({"side", "contracts", "usd_amount", "price", "fee_rate", "fee"})
"""The words that may stand in one of `fills`."""

VOCABULARY: dict[str, str] = {
    "contract_value": "contracts usd_amount price",
    "average_entry": "side fills contracts usd_amount cost",
    "pnl": f"{_OPENED} exit_price multiplier",
    "capped_pnl": f"{_OPENED} exit_price multiplier leverage",
    "unrealized_pnl": f"{_OPENED} mark_price",
    "return_on_equity": f"{_OPENED} mark_price unrealized_pnl leverage mode",
    "equity": "starting_balance fills funding mark_price",
    "position_settlement": f"{_OPENED} leverage close_contracts exit_price fee_received",
    "position_size": "coin_value price margin leverage usd_amount",
    "hedge": f"coin_holding {_OPENED} exit_price",
    "quanto_hedge": "side contracts entry_price exit_price settlement_price_entry "
    "settlement_price_exit underlying_holding",
    "volume_weighted_price": "turnover contracts",
    "fee": "contracts usd_amount price fills liquidity rate",
    "initial_margin": f"{_OPENED} leverage rate mark_price mode",
    "maintenance_margin": f"{_OPENED} mark_price rate tiers maintenance_deduction leverage "
    "taker_fee_rate",
    "closing_fee_reserve": f"{_OPENED} taker_fee_rate leverage bankruptcy_price",
    "position_margin": f"{_OPENED} mark_price leverage taker_fee_rate",
    "margin_rate": "size tiers schedule index_price",
    "margin_ratio": f"{_OPENED} mark_price leverage mode maintenance_rate taker_fee_rate",
    "order_cost": "side contracts price leverage taker_fee_rate",
    "available_balance": "balance orders",
    "bankruptcy_price": f"{_OPENED} mode leverage balance taker_fee_rate tick_size",
    "liquidation_price": f"{_OPENED} mode leverage balance taker_fee_rate tick_size "
    "maintenance_rate maintenance_basis",
    "break_even_price": f"{_OPENED} taker_fee_rate tick_size",
    "partial_liquidation": "contracts tier_caps target_tier side mark_price equity "
    "maintenance_rate execution_price fee_rate",
    "insurance_fund": "side contracts bankruptcy_price fill_price",
    "insurance_fund_size": "loss_log_mean loss_log_volatility capital_cost shortfall_cost",
    "adl_queue": "positions close_contracts bankruptcy_price",
    "adl_trigger": "pool_peak pool_loss trigger_ratio",
    "adl_allocation": "policy profits budget order caps equities leverages weight_exponent "
    "weight_excess_over",
    "loss_socialisation": "shortfall winners",
    "liquidation_threshold_return": "payoff side margin hedge_ratio maintenance_rate",
    "index_price": "sources",
    "impact_mid_price": "impact_bid impact_ask tick_size",
    "market_price": "bid ask last",
    "mark_price": "index_price funding_rate hours_to_funding interval_hours bid ask last "
    "bound_rate",
    "fair_basis": "funding_rate interval_hours",
    "premium": "index_price perpetual_price",
    "funding_interest": "quote_rate_daily base_rate_daily intervals_per_day",
    "funding_rate": "premium interest dampener mark_price index_price perpetual_price "
    "coefficient cap",
    "funding_cap": "initial_rate maintenance_rate intervals_per_day",
    "absolute_funding_rate": "relative_funding_rate index_price",
    "funding_payment": "side contracts usd_amount mark_price rate",
    "twap_funding": "perpetual_twap spot_twap interest_rate period_years clamp_lower clamp_upper "
    "scaling_factor rate_lower rate_upper",
    "expiry": "",
    "listed_expiries": "at",
    "delivery_window": "sample_interval_seconds",
    "combo_price": "far_price near_price far_mark_price near_mark_price",
    "price_band": "mark_price band_rate tick_size",
    "perpetual_price": "payoff spot_price quote_rate coin_rate kappa iota funding period_years "
    "volatility",
    "carry_price": "spot_price rate storage_rate convenience_yield maturity_years",
    "option_price": "model option future_price spot_price strike maturity_years rate volatility "
    "dividend_yield foreign_rate exchange_volatility correlation cash kappa drift "
    "convenience_yield risk_neutral_yield_mean mean_reversion spot_volatility yield_volatility "
    "expiry_years",
    "calendar_spread_option": "model option future_price_1 future_price_2 strike maturity_years "
    "rate volatility_1 volatility_2 correlation",
    "two_factor_future_price": "model spot_price convenience_yield rate risk_neutral_yield_mean "
    "mean_reversion spot_volatility yield_volatility correlation maturity_years",
    "two_factor_expectation": "model spot_price convenience_yield drift yield_mean mean_reversion "
    "spot_volatility yield_volatility correlation horizon_years",
    "one_factor_future_price": "model spot_price log_mean mean_reversion volatility maturity_years",
    "quote_spread": "model risk_aversion arrival_decay arrival_rate volatility horizon",
    "unwind_speed": "time horizon temporary_impact permanent_impact terminal_penalty "
    "running_penalty funding_sensitivity",
    "kelly_leverage": "numeraire drift volatility",
    "scenario_pnl": "coin_position price_move",
    "portfolio_margin": "positions price_range buckets gain_offset minimum_annualised_move "
    "maintenance_factor market_maker_protection_margin open_orders_margin",
    "volatility_shock": "days_to_expiry volatility_range power",
}
"""Each quantity's word, and the words that may stand in its `given`."""


class Tolerance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How near is near enough."""

    kind: Literal["exact", "absolute", "relative", "decimals"]
    value: str | None = None
    places: int | None = None
    rounding: Literal["nearest", "down", "up"] = "nearest"


class GenericContract(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A contract that no venue lists."""

    payoff: str
    multiplier: str
    settlement_currency: str


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One published example."""

    id: str
    venue: str
    as_of: str
    instrument: str | None
    quantity: str
    given: dict[str, Any]
    expect: dict[str, Any]
    tolerance: Tolerance
    contract: GenericContract | None = None
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class Malformed:
    """A line that is not a row."""

    id: str
    reason: str


def read_rows(path: Path) -> Iterator[Row | Malformed]:
    """Read a file line by line; a line that is no row is reported, not fatal."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}.") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield msgspec.json.decode(line, type=Row)
        except msgspec.DecodeError as error:
            yield Malformed(f"{path.name}:{number}", f"not a row: {error}")


def unknown_words(row: Row) -> list[str]:
    """Words of a row that are not in the vocabulary."""
    known = VOCABULARY.get(row.quantity)
    if known is None:
        return [f"quantity {row.quantity!r}"]
    words = [f"given {word!r}" for word in row.given if word not in known.split()]
    fills = row.given.get("fills")
    for item in fills if isinstance(fills, list) else []:
        if isinstance(item, dict):
            words += [f"given fills {word!r}" for word in item if word not in FILL_WORDS]
    return words
