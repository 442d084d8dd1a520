"""The quantities of margin, bankruptcy and liquidation, computed by the room `risk`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from obverse.app.conformance.case import GENERIC, Case, direction
from obverse.app.conformance.results import Result
from obverse.contracts import Amount, Position, Rounding, exact
from obverse.contracts.units import to_decimal
from obverse.errors import DataError
from obverse.risk.margin import (
    Backing,
    FlatRate,
    LinearInSize,
    MarginTerms,
    Mode,
    Order,
    Schedule,
    Tier,
    Tiered,
    WholePositionStep,
    available_balance,
    bankruptcy_value,
    break_even_value,
    capped_pnl,
    closing_fee_reserve,
    initial_margin,
    liquidation_fee,
    liquidation_value,
    maintenance_margin,
    margin_ratio,
    margin_terms,
    order_cost,
    position_margin,
    posted,
    price_against_trader,
    requirement,
    settled_position,
)

_NOTHING = FlatRate(Fraction(1), Fraction(0))


def initial(case: Case) -> Result:
    """Initial margin, without fee reserves, at a leverage or a rate."""
    leverage = case.number("leverage") if "leverage" in case else None
    found = initial_margin(
        case.position(),
        _terms(case),
        leverage=leverage,
        mark_price=case.number("mark_price") if "mark_price" in case else None,
        mode=_mode(case, "cross"),
    )
    return {"initial_margin": found.coins}


def maintenance(case: Case) -> Result:
    """Maintenance margin; with the reserve where fee rate and leverage are given."""
    position, terms = case.position(), _terms(case)
    reserve = None
    if terms.keeps_closing_fee and "taker_fee_rate" in case and "leverage" in case:
        reserve = closing_fee_reserve(position, terms, leverage=case.number("leverage"))
    mark = case.number("mark_price") if "mark_price" in case else None
    found = maintenance_margin(position, terms, mark_price=mark, reserve=reserve)
    return {"maintenance_margin": found.coins}


def fee_reserve(case: Case) -> Result:
    """Taker fee kept for closing at the bankruptcy price."""
    price = case.number("bankruptcy_price") if "bankruptcy_price" in case else None
    leverage = case.number("leverage") if price is None else None
    found = closing_fee_reserve(
        case.position(), _terms(case), leverage=leverage, bankruptcy_price=price
    )
    return {"closing_fee_reserve": found.coins}


def isolated_margin(case: Case) -> Result:
    """Margin posted, and with the unrealised gain."""
    found = position_margin(
        case.position(),
        _terms(case),
        leverage=case.number("leverage"),
        mark_price=case.number("mark_price"),
    )
    return {
        "position_margin": found.position_margin.coins,
        "margin_with_pnl": found.margin_with_pnl.coins,
    }


def margin_rate(case: Case) -> Result:
    """Rates and margins of a position value under tiers or a schedule."""
    schedule = _schedule(case)
    size = Fraction(case.number("size"))
    found: Result = {}
    for margin in ("initial", "maintenance"):
        rate = _rate(case, schedule, margin, size)
        if rate is None:
            continue
        needed = to_decimal(schedule.piece(margin, Decimal(0), size).at(size))
        found |= {f"{margin}_rate": to_decimal(rate), f"{margin}_margin": needed}
        if "index_price" in case:
            found[f"{margin}_margin_usd"] = needed * case.number("index_price")
    if isinstance(schedule, Tiered):
        place = schedule.place(Decimal(0), size)
        found["maintenance_deduction"] = to_decimal(schedule.deduction("maintenance", place))
    return found


def _rate(case: Case, schedule: Schedule, margin: Any, size: Fraction) -> Fraction | None:
    """The rate, where the row gives what it is made of."""
    if isinstance(schedule, Tiered):
        tier = schedule.tiers[schedule.place(Decimal(0), size)]
        if margin == "initial" and tier.initial_rate is None and tier.max_leverage is None:
            return None
    if "schedule" in case and f"base_{margin}_rate" not in case.row.given["schedule"]:
        return None
    return schedule.rate(margin, Decimal(0), size)


def ratio(case: Case) -> Result:
    """Margin and unrealised gain over maintenance and liquidation fee, both at the mark."""
    position, terms = case.position(), _terms(case)
    mark = case.number("mark_price")
    backing = initial_margin(position, terms, leverage=case.number("leverage")).fraction
    equity = backing + position.pnl(price=mark).fraction
    needed = requirement(position, terms, "maintenance", mark_price=mark, basis="mark")
    fee = liquidation_fee(position, terms, mark_price=mark)
    return {"margin_ratio": margin_ratio(equity, needed + fee)}


def cost_of_order(case: Case) -> Result:
    """Initial margin and both fees of an order."""
    found = order_cost(_order(case, case.row.given), _terms(case))
    return {
        "initial_margin": found.initial_margin.coins,
        "open_fee": found.open_fee.coins,
        "close_fee": found.close_fee.coins,
        "total_fee": found.total_fee.coins,
        "order_cost": found.order_cost.coins,
    }


def available(case: Case) -> Result:
    """What a balance leaves beside resting orders."""
    currency = case.instrument().settlement_currency
    balance = currency.amount(case.number("balance"))
    terms = _terms(case)
    orders = [(_order(case, item), terms) for item in case.row.given["orders"]]
    found = available_balance(balance, orders)
    return {"order_margin": found.order_margin.coins, "available": found.available.coins}


def bankruptcy_price(case: Case) -> Result:
    """Price of zero equity; none where there is none."""
    position, terms = case.position(), _terms(case)
    value = bankruptcy_value(position, terms, _backing(case, position))
    return {"bankruptcy_price": _price(case, position, terms, value)}


def liquidation_price(case: Case) -> Result:
    """Price at which maintenance is no longer covered; none where there is none."""
    position, terms = case.position(), _terms(case)
    value = liquidation_value(position, terms, _backing(case, position))
    return {"liquidation_price": _price(case, position, terms, value)}


def break_even_price(case: Case) -> Result:
    """Price that pays for the entry fee."""
    position, terms = case.position(), _terms(case)
    value = break_even_value(position, Fraction(case.number("taker_fee_rate")))
    return {"break_even_price": _price(case, position, terms, value)}


def isolated_loss(case: Case) -> Result:
    """Gain from entry to exit, the loss limited to the isolated margin."""
    found = capped_pnl(
        case.position(), price=case.number("exit_price"), leverage=case.number("leverage")
    )
    return {"pnl": found.coins}


def position_settlement(case: Case) -> Result:
    """Whole isolated margin, the gain of what was closed, and a fee received."""
    position = case.position()
    received = case.number("fee_received") if "fee_received" in case else Decimal(0)
    found = settled_position(
        position,
        leverage=case.number("leverage"),
        close_contracts=case.number("close_contracts"),
        price=case.number("exit_price"),
        received=_amount(position, received),
    )
    return {"settlement": found.coins}


def _amount(position: Position, coins: Decimal) -> Amount:
    return position.instrument.settlement_currency.amount(coins, Rounding.NEAREST)


def _mode(case: Case, default: Mode) -> Mode:
    if "mode" not in case:
        return default
    word = case.text("mode")
    if word not in ("isolated", "cross"):
        raise DataError(f"mode {word!r}: expected isolated or cross.")
    return word  # type: ignore[return-value]


def _terms(case: Case) -> MarginTerms:
    """The venue's terms, or a generic contract's; what the row gives overrides them."""
    if case.row.venue == GENERIC:
        terms = MarginTerms(_NOTHING, value_basis="mark", closing_fee="at_bankruptcy")
        terms = replace(terms, price_rounding="tick", taker_fee_rate=Fraction(0))
    else:
        terms = margin_terms(case.rules(), case.instrument())
    if "maintenance_basis" in case:
        terms = replace(terms, value_basis=case.text("maintenance_basis"))  # type: ignore[arg-type]
    if "taker_fee_rate" in case:
        terms = replace(terms, taker_fee_rate=Fraction(case.number("taker_fee_rate")))
    if "rate" in case or "maintenance_rate" in case:
        terms = replace(terms, schedule=_flat(case))
    elif "tiers" in case:
        terms = replace(terms, schedule=_schedule(case))
    return terms


def _flat(case: Case) -> FlatRate:
    rate = Fraction(case.number("maintenance_rate" if "maintenance_rate" in case else "rate"))
    taken = case.number("maintenance_deduction") if "maintenance_deduction" in case else 0
    return FlatRate(rate, rate, Fraction(taken))


def _schedule(case: Case) -> Schedule:
    if "tiers" in case:
        return Tiered(tuple(_tier(item) for item in case.row.given["tiers"]), "coin", marginal=True)
    given: Mapping[str, str] = case.row.given["schedule"]
    numbers = {key: exact(value, f"given schedule {key}") for key, value in given.items()}
    initial, kept = (numbers.get(f"base_{word}_rate", Decimal(0)) for word in _MARGINS)
    if "slope_per_coin" in numbers:
        return LinearInSize(initial, kept, numbers["slope_per_coin"])
    return WholePositionStep(numbers["base_limit"], numbers["step"], initial, kept)


_MARGINS = ("initial", "maintenance")


def _tier(item: Mapping[str, str]) -> Tier:
    def number(key: str) -> Decimal | None:
        return exact(item[key], f"given tiers {key}") if key in item else None

    rate = number("maintenance_rate")
    if rate is None:
        raise KeyError("maintenance_rate")
    return Tier(number("cap"), rate, number("initial_rate"), number("max_leverage"))


def _backing(case: Case, position: Position) -> Backing:
    if "balance" in case:
        return Backing(Fraction(case.number("balance")), _mode(case, "cross"))
    return posted(position, Fraction(case.number("leverage")))


def _order(case: Case, item: Mapping[str, Any]) -> Order:
    size = direction(item["side"]) * case.size(item)
    leverage = exact(item["leverage"], "given leverage") if "leverage" in item else None
    rate = exact(item["fee_rate"], "given fee_rate") if "fee_rate" in item else None
    return Order(case.instrument(), size, exact(item["price"], "given price"), leverage, rate)


def _price(
    case: Case, position: Position, terms: MarginTerms, value: Fraction | None
) -> Decimal | None:
    """Unrounded unless a tick is given; then by the venue's rule, against the trader."""
    if "tick_size" not in case:
        return price_against_trader(position, value, "none")
    return price_against_trader(
        position, value, terms.price_rounding, tick=case.number("tick_size")
    )


MARGIN_QUANTITIES: dict[str, Callable[[Case], Result]] = {
    "initial_margin": initial,
    "maintenance_margin": maintenance,
    "closing_fee_reserve": fee_reserve,
    "position_margin": isolated_margin,
    "margin_rate": margin_rate,
    "margin_ratio": ratio,
    "order_cost": cost_of_order,
    "available_balance": available,
    "bankruptcy_price": bankruptcy_price,
    "liquidation_price": liquidation_price,
    "break_even_price": break_even_price,
    "capped_pnl": isolated_loss,
    "position_settlement": position_settlement,
}
"""From a quantity's word to the function that computes it."""
