"""The quantities of partial liquidation, insurance, deleveraging and loss socialisation."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from obverse.app.conformance.case import GENERIC, Case
from obverse.app.conformance.results import Result
from obverse.contracts import Currency, Instrument, Rounding, exact
from obverse.contracts.accounting import UNROUNDED_EXPONENT
from obverse.contracts.units import to_decimal
from obverse.errors import DataError
from obverse.risk.losses import (
    Queue,
    Ranked,
    Winner,
    allocate,
    allocate_coins,
    close_from_top,
    contracts_to_tier,
    fund_part,
    haircutable,
    in_order,
    lognormal_fund_size,
    pool_fall,
    queue,
    restoring_slice,
    risk_shares,
    risk_weight,
)


def partial_liquidation(case: Case) -> Result:
    """Contracts to close: to reach a tier, or the smallest slice that restores maintenance."""
    if "tier_caps" in case:
        excess = contracts_to_tier(case.size(), case.numbers("tier_caps"), _tier(case))
        return {
            "close_contracts": to_decimal(excess),
            "uncapped_close_contracts": to_decimal(excess),
        }
    mark = case.number("mark_price")
    found = restoring_slice(
        _instrument(case).payoff,
        sign=1 if case.sign() > 0 else -1,
        contracts=case.size(),
        mark_price=mark,
        equity=case.number("equity"),
        maintenance_rate=case.number("maintenance_rate"),
        execution_price=case.number("execution_price") if "execution_price" in case else mark,
        fee_rate=case.number("fee_rate") if "fee_rate" in case else 0,
    )
    needed = None if found.needed is None else to_decimal(found.needed)
    return {"close_contracts": to_decimal(found.closed), "uncapped_close_contracts": needed}


def insurance_fund(case: Case) -> Result:
    """The fund's part in a close off the bankruptcy price; the amount where a size is given."""
    sized = "contracts" in case or "usd_amount" in case
    size = case.size() if sized else Decimal(1)
    instrument = _instrument(case)
    # the direction is of any size, and must not depend on what a venue rounds away
    prices = {key: case.number(key) for key in ("bankruptcy_price", "fill_price")}
    direction = fund_part(instrument.without_rounding(), case.sign() * size, **prices).direction
    if not sized:
        return {"direction": direction}
    part = fund_part(instrument, case.sign() * size, **prices)
    return {"direction": direction, "amount": part.amount.coins}


def insurance_fund_size(case: Case) -> Result:
    """Optimal fund for a lognormal loss."""
    words = ("loss_log_mean", "loss_log_volatility", "capital_cost", "shortfall_cost")
    return {"insurance_fund_size": lognormal_fund_size(**{word: case.real(word) for word in words})}


def adl_queue(case: Case) -> Result:
    """Indicator steps of a queue, and what touched accounts keep after a close from its top."""
    ranking = queue(
        Ranked(_name(item), _fraction(item, "contracts"), _fraction(item, "score"))
        for item in _objects(case, "positions")
    )
    percents = {name: to_decimal(percent) for name, percent in ranking.percents.items()}
    if "close_contracts" not in case:
        return {"queue_percent": percents}
    return {"queue_percent": percents, "remaining_contracts": _remaining(case, ranking)}


def _remaining(case: Case, ranking: Queue) -> dict[str, Decimal]:
    found = close_from_top(ranking, case.number("close_contracts"))
    return {item.account: to_decimal(item.remaining) for item in found.closings}


def adl_trigger(case: Case) -> Result:
    """Fall of a pool from its peak, and the loss beyond the trigger."""
    found = pool_fall(
        pool_peak=case.number("pool_peak"),
        pool_loss=case.number("pool_loss"),
        trigger_ratio=case.number("trigger_ratio"),
    )
    return {"pnl_ratio": to_decimal(found.pnl_ratio), "adl_amount": to_decimal(found.adl_amount)}


def adl_allocation(case: Case) -> Result:
    """Haircuts of a budget over profits, and shares of a burden weighted by risk."""
    found: Result = {}
    if "equities" in case:
        equities = case.numbers("equities")
        shares = risk_shares(equities, _weights(case, len(equities)))
        found["shares"] = [to_decimal(share) for share in shares]
    if "profits" in case:
        found["haircuts"] = _haircuts(case)
    if not found:
        raise DataError("given 'profits' is missing.")
    return found


def _haircuts(case: Case) -> list[Decimal]:
    profits = case.numbers("profits")
    caps = case.numbers("caps") if "caps" in case else [Decimal(1)] * len(profits)
    weights = _weights(case, len(profits))
    if not len(profits) == len(caps) == len(weights):
        raise DataError(f"given: {len(profits)} profits, {len(caps)} caps, {len(weights)} weights.")
    winners = [
        Winner(str(place), haircutable(Fraction(profit)), Fraction(cap), weight)
        for place, (profit, cap, weight) in enumerate(
            zip(profits, caps, weights, strict=True), start=1
        )
    ]
    policy = case.text("policy")
    if policy == "pro_rata" and "caps" in case:
        policy = "capped_pro_rata"
    if "order" in case:
        winners = list(in_order(winners, [f"{place:f}" for place in case.numbers("order")]))
    made = allocate(policy, winners, Fraction(case.number("budget")))
    by_account = {winner.account: cut for winner, cut in zip(winners, made.haircuts, strict=True)}
    places = range(1, len(profits) + 1)
    return [to_decimal(by_account.get(str(place), Fraction(0))) for place in places]


def _weights(case: Case, count: int) -> list[Fraction]:
    """Risk weights by leverage; equal ones where the policy does not weight."""
    if case.text("policy") != "risk_weighted":
        return [Fraction(1)] * count
    words = ("weight_exponent", "weight_excess_over")
    rule = {word: case.number(word) for word in words if word in case}
    return [risk_weight(leverage, **rule) for leverage in case.numbers("leverages")]


def loss_socialisation(case: Case) -> Result:
    """A shortfall pro rata among winners, in whole units of the settlement currency."""
    currency = _currency(case)
    profits = {}
    for item in _objects(case, "winners"):
        if _name(item) in profits:
            raise DataError(f"given winners: account {_name(item)!r} is named twice.")
        profits[_name(item)] = currency.amount(_fraction(item, "profit"), Rounding.NEAREST)
    shortfall = currency.amount(case.number("shortfall"), Rounding.NEAREST)
    taken = allocate_coins("pro_rata", profits, shortfall).taken()
    return {"haircuts": {account: amount.coins for account, amount in taken.items()}}


def _instrument(case: Case) -> Instrument:
    """The row's contract; a linear one of one coin where a generic row describes none."""
    if case.row.venue == GENERIC and case.row.contract is None:
        return Instrument.generic("linear", "1", "USD")
    return case.instrument()


def _currency(case: Case) -> Currency:
    if case.row.venue != GENERIC and case.row.instrument is None:
        return Currency("coin", UNROUNDED_EXPONENT)
    return _instrument(case).settlement_currency


def _tier(case: Case) -> int:
    given = case.row.given["target_tier"]
    tier = exact(given, "given target_tier")
    if tier != int(tier):
        raise DataError(f"given target_tier: {given!r} is not a whole number.")
    return int(tier)


def _objects(case: Case, key: str) -> list[dict[str, Any]]:
    items = case.row.given[key]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DataError(f"given {key}: expected a list of objects, found {items!r}.")
    return items


def _name(item: dict[str, Any]) -> str:
    return str(item["account"])


def _fraction(item: dict[str, Any], key: str) -> Fraction:
    return Fraction(exact(item[key], f"given {key}"))


LOSS_QUANTITIES: dict[str, Callable[[Case], Result]] = {
    "partial_liquidation": partial_liquidation,
    "insurance_fund": insurance_fund,
    "insurance_fund_size": insurance_fund_size,
    "adl_queue": adl_queue,
    "adl_trigger": adl_trigger,
    "adl_allocation": adl_allocation,
    "loss_socialisation": loss_socialisation,
}
"""From a quantity's word to the function that computes it."""
