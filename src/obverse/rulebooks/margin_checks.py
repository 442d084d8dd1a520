"""What makes the rules of margin and liquidation hold together, each fault at its field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise

import msgspec

from obverse.errors import Fault
from obverse.located import LocatedToml, Path
from obverse.rulebooks.records import (
    LiquidationRule,
    Margin,
    PortfolioMarginRule,
    Tier,
    VenueFile,
)
from obverse.rulebooks.series import covers

Reason = tuple[Path, str]
"""A field inside an entry, and what is wrong with it."""

_NUMBERS_OF_STYLE = {"step_whole_position": "step", "linear_in_size": "linear"}
_ONLY_FOR: dict[str, tuple[str, str]] = {
    "slice_contracts": ("engine", "incremental"),
    "tiers_down": ("engine", "tier_walk_down"),
    "target_tier": ("engine", "tier_walk_down"),
    "from_tier": ("engine", "tier_walk_down"),
    "closes": ("engine", "immediate_or_cancel"),
    "score": ("loss_sharing", "deleveraging"),
    "deleveraging_price": ("loss_sharing", "deleveraging"),
    "fund_fall": ("loss_sharing", "deleveraging"),
    "fund_fall_stop": ("loss_sharing", "deleveraging"),
}
"""Keys of a liquidation rule that mean something beside one word only: its field and the word."""


def check_margin(document: LocatedToml, file: VenueFile) -> Iterator[Fault]:
    """Faults of every `[[margin]]`."""
    for place, margin in enumerate(file.margin):
        for field, reason in _margin(margin):
            yield document.fault(("margin", place, *field), reason)


def check_liquidation(document: LocatedToml, file: VenueFile) -> Iterator[Fault]:
    """Faults of every `[[liquidation]]`."""
    perpetuals = [product for product in file.products if product.kind == "perpetual"]
    for place, rule in enumerate(file.liquidation):
        for field, reason in _liquidation(rule):
            yield document.fault(("liquidation", place, *field), reason)
        for product in perpetuals:
            if rule.settlement_price_too and covers(rule, product):
                reason = f"a perpetual ({product.id}) has no settlement price"
                yield document.fault(("liquidation", place, "settlement_price_too"), reason)


def check_portfolio_margin(document: LocatedToml, file: VenueFile) -> Iterator[Fault]:
    """Faults of every `[[portfolio_margin]]`."""
    for place, rule in enumerate(file.portfolio_margin):
        for field, reason in _portfolio_margin(rule):
            yield document.fault(("portfolio_margin", place, *field), reason)


# Margin


def _margin(margin: Margin) -> Iterator[Reason]:
    needed = _NUMBERS_OF_STYLE.get(margin.style, "tiers")
    for field in ("step", "linear", "tiers"):
        if bool(getattr(margin, field)) != (field == needed):
            word = "needs" if field == needed else "does not take"
            yield (field,), f"style {margin.style!r} {word} {field!r}"
    yield from _leverage(("max_leverage",), margin.max_leverage)
    yield from _closing_fee(margin)
    if margin.step is not None:
        step = margin.step
        yield from _rates(("step",), "base_", step.base_initial_rate, step.base_maintenance_rate)
        yield from _above_zero(("step",), {"base_limit": step.base_limit, "step": step.step})
    if margin.linear is not None:
        line = margin.linear
        yield from _rates(("linear",), "base_", line.base_initial_rate, line.base_maintenance_rate)
        if line.slope_per_coin < 0:
            yield ("linear", "slope_per_coin"), f"{line.slope_per_coin} is below zero"
    yield from _tiers(margin)


def _closing_fee(margin: Margin) -> Iterator[Reason]:
    basis = {"on_entry_and_margin": "entry", "at_mark": "mark"}.get(margin.closing_fee)
    if basis is not None and basis != margin.value_basis:
        reason = f"{margin.closing_fee!r} needs value_basis {basis!r}, not {margin.value_basis!r}"
        yield ("closing_fee",), reason


def _tiers(margin: Margin) -> Iterator[Reason]:
    if margin.tiers and margin.tier_unit is None:
        yield ("tier_unit",), "tiers need a tier_unit"
    if margin.tier_unit is not None and not margin.tiers:
        yield ("tier_unit",), "there are no tiers that it could be the unit of"
    if margin.style == "step_by_contracts" and margin.tier_unit == "coin":
        yield ("tier_unit",), "style 'step_by_contracts' needs tier_unit 'contracts'"
    for index, tier in enumerate(margin.tiers):
        yield from _tier(("tiers", index), tier, margin.max_leverage)
    for index, (low, high) in enumerate(pairwise(margin.tiers)):
        if low.cap is None or (high.cap is not None and high.cap <= low.cap):
            yield ("tiers", index + 1), "caps do not ascend"
        if high.maintenance_rate < low.maintenance_rate:
            yield ("tiers", index + 1), "maintenance_rate falls as size grows"
        if (high.initial_rate or 1) < (low.initial_rate or 0):
            yield ("tiers", index + 1), "initial_rate falls as size grows"


def _tier(where: Path, tier: Tier, max_leverage: Decimal | None) -> Iterator[Reason]:
    if tier.cap is not None:
        yield from _above_zero(where, {"cap": tier.cap})
    yield from _rates(where, "", tier.initial_rate, tier.maintenance_rate)
    yield from _leverage((*where, "max_leverage"), tier.max_leverage)
    if tier.initial_rate is None and tier.max_leverage is None and max_leverage is None:
        yield where, "says neither initial_rate nor max_leverage"


def _rates(
    where: Path, prefix: str, initial: Decimal | None, maintenance: Decimal
) -> Iterator[Reason]:
    """Faults of a pair of rates; the initial one may be 1, which is a leverage of 1."""
    if not 0 <= maintenance < 1:
        reason = f"{maintenance} is not a rate from 0 to below 1"
        yield (*where, f"{prefix}maintenance_rate"), reason
    if initial is None:
        return
    if not 0 < initial <= 1:
        yield (*where, f"{prefix}initial_rate"), f"{initial} is not a rate above 0, up to 1"
    if initial < maintenance:
        reason = f"{initial} is below {prefix}maintenance_rate {maintenance}"
        yield (*where, f"{prefix}initial_rate"), reason


def _leverage(where: Path, leverage: Decimal | None) -> Iterator[Reason]:
    if leverage is not None and leverage < 1:
        yield where, f"{leverage} is not a leverage of 1 or more"


def _above_zero(where: Path, numbers: dict[str, Decimal]) -> Iterator[Reason]:
    for field, number in numbers.items():
        if number <= 0:
            yield (*where, field), f"{number} is not above zero"


# Liquidation


def _liquidation(rule: LiquidationRule) -> Iterator[Reason]:
    defaults = {field.name: field.default for field in msgspec.structs.fields(rule)}
    for field, (selector, word) in _ONLY_FOR.items():
        if getattr(rule, field) != defaults[field] and getattr(rule, selector) != word:
            yield (field,), f"{selector} {getattr(rule, selector)!r} does not take {field!r}"
    if rule.engine == "incremental" and rule.slice_contracts is None:
        yield ("engine",), "engine 'incremental' needs slice_contracts"
    if rule.slice_contracts is not None:
        yield from _above_zero((), {"slice_contracts": rule.slice_contracts})
    yield from _walk_down(rule)
    yield from _fund_fall(rule)


def _walk_down(rule: LiquidationRule) -> Iterator[Reason]:
    for field in ("tiers_down", "target_tier"):
        number = getattr(rule, field)
        if number is not None and number < 1:
            yield (field,), f"{number} is not 1 or more"
    if rule.tiers_down is not None and rule.target_tier != 1:
        yield ("target_tier",), "is of no use beside tiers_down"
    if rule.from_tier <= rule.target_tier:
        yield ("from_tier",), f"{rule.from_tier} is not above target_tier {rule.target_tier}"


def _fund_fall(rule: LiquidationRule) -> Iterator[Reason]:
    begin, stop = rule.fund_fall, rule.fund_fall_stop
    if begin is not None and not 0 < begin <= 1:
        yield ("fund_fall",), f"{begin} is not a fraction above 0, up to 1"
    if stop is None:
        return
    if begin is None:
        yield ("fund_fall_stop",), "needs a fund_fall"
    elif not 0 <= stop < begin:
        yield ("fund_fall_stop",), f"{stop} is not from 0 to below fund_fall {begin}"


# Portfolio margin


def _portfolio_margin(rule: PortfolioMarginRule) -> Iterator[Reason]:
    if not 0 < rule.price_range < 1:
        yield ("price_range",), f"{rule.price_range} is not a fraction between 0 and 1"
    if rule.buckets < 1:
        yield ("buckets",), f"{rule.buckets} is not 1 or more"
    for field in ("gain_offset", "minimum_annualised_move"):
        number: Decimal = getattr(rule, field)
        if not 0 <= number <= 1:
            yield (field,), f"{number} is not a fraction from 0 to 1"
    if not 0 < rule.maintenance_factor <= 1:
        yield ("maintenance_factor",), f"{rule.maintenance_factor} is not above 0, up to 1"
    yield from _pair(rule, ("volatility_up", "volatility_down"))
    yield from _pair(rule, ("power_short", "power_long"))


def _pair(rule: PortfolioMarginRule, fields: Iterable[str]) -> Iterator[Reason]:
    """Faults of two numbers that come together or not at all."""
    numbers: dict[str, Decimal | None] = {field: getattr(rule, field) for field in fields}
    for field, number in numbers.items():
        if number is None and any(other is not None for other in numbers.values()):
            yield (field,), f"is missing beside {' and '.join(numbers.keys() - {field})}"
        if number is not None and number < 0:
            yield (field,), f"{number} is below zero"
