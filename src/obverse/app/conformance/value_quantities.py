"""The quantities of value, entry, profit, size and dates, computed by the public functions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import get_args

from obverse.app.conformance.case import Case, direction
from obverse.app.conformance.results import Result, usd_worth
from obverse.contracts import (
    Inverse,
    Linear,
    Position,
    Rounding,
    exact,
    fill,
    iso,
)
from obverse.contracts.accounting import rounded_fee
from obverse.contracts.positions import average_price
from obverse.contracts.sizing import contracts_of_margin, contracts_of_value
from obverse.contracts.spreads import spread_price
from obverse.errors import DataError
from obverse.pricing import Carry, fair_price
from obverse.risk import hedged_holding, quanto_hedge, return_on_equity
from obverse.rulebooks.rulebook import Liquidity


def contract_value(case: Case) -> Result:
    """Value of a size at a price."""
    value = case.instrument().value(case.size(), case.number("price"))
    return {"contract_value": abs(value).coins}


def average_entry(case: Case) -> Result:
    """Cost and average price after the fills, or of a cost."""
    if "cost" in case:
        cost = case.instrument().settlement_currency.amount(case.number("cost"))
        position = Position.from_cost(case.instrument(), case.sign() * case.size(), cost)
    else:
        position = Position.flat(case.instrument())
        for item in case.fills():
            sign = direction(item["side"]) if "side" in item else case.sign()
            position = fill(position, sign * case.size(item), item["price"])
    return {"average_price": position.average_price, "cost": abs(position.cost).coins}


def pnl(case: Case) -> Result:
    """Gain from entry to exit, in coin and in dollars at the exit."""
    gain = case.position().pnl(price=case.number("exit_price"))
    found = {"pnl": gain.coins}
    match case.instrument().payoff:
        case Inverse():
            found["pnl_usd"] = usd_worth(case, gain, "exit_price")
        case Linear():
            found["pnl_usd"] = gain.coins  # settled in the quote currency
    return found  # a quanto's settlement coin has a price of its own, which is not given


def unrealized_pnl(case: Case) -> Result:
    """Gain from entry to mark."""
    return {"unrealized_pnl": case.position().pnl(price=case.number("mark_price")).coins}


def return_on_entry(case: Case) -> Result:
    """Unrealised gain over initial margin and over value, both at entry."""
    position = case.position()
    if "unrealized_pnl" in case:
        currency = position.instrument.settlement_currency
        gain = currency.amount(case.number("unrealized_pnl"), Rounding.NEAREST)
    else:
        gain = position.pnl(price=case.number("mark_price"))
    found = return_on_equity(position, gain, leverage=case.number("leverage"))
    return {
        "return_on_equity": found.return_on_equity,
        "return_on_value": found.return_on_value,
    }


def equity(case: Case) -> Result:
    """Balance after fills, fees and funding; an open position is marked only at a given mark."""
    instrument = case.instrument()
    currency = instrument.settlement_currency
    position = Position.flat(instrument)
    balance = currency.amount(case.number("starting_balance"))
    for item in case.fills():
        size = case.size(item)
        position = fill(position, direction(item["side"]) * size, item["price"])
        if "fee" in item:
            balance -= currency.amount(item["fee"])
        else:
            value = instrument.value(size, item["price"])
            balance -= rounded_fee(instrument.accounting, value, exact(item["fee_rate"]))
    for received in case.numbers("funding") if "funding" in case else []:
        balance += currency.amount(received)
    balance += position.realized
    if "mark_price" in case:
        balance += position.pnl(price=case.number("mark_price"))
    return {"equity": balance.coins, "position_contracts": position.contracts}


def fee(case: Case) -> Result:
    """Fee on the value of each fill, summed; at the given rate, or the venue's."""
    instrument = case.instrument()
    liquidity = case.text("liquidity")
    if liquidity not in get_args(Liquidity):
        raise DataError(f"liquidity {liquidity!r}: not one of {', '.join(get_args(Liquidity))}.")
    rate = case.number("rate") if "rate" in case else case.rules().fee_rate(instrument, liquidity)  # type: ignore[arg-type]
    fees = [
        rounded_fee(
            instrument.accounting,
            instrument.value(case.size(item), item["price"]),
            rate,
            delivery=liquidity == "delivery",
        )
        for item in case.fills()
    ]
    return {"fee": sum(fees, instrument.settlement_currency.zero).coins}


def position_size(case: Case) -> Result:
    """Contracts of a coin value, of a margin at a leverage, or of a dollar amount."""
    instrument = case.instrument()
    if "usd_amount" in case:
        return {"contracts": case.size()}
    price = case.number("price")
    if "coin_value" in case:
        value = case.number("coin_value")
        return {"contracts": contracts_of_value(instrument, coin_value=value, price=price)}
    margin, leverage = case.number("margin"), case.number("leverage")
    size = contracts_of_margin(instrument, margin=margin, leverage=leverage, price=price)
    return {"contracts": size}


def hedge(case: Case) -> Result:
    """Coins held plus an inverse position, at the exit."""
    price = case.number("exit_price")
    found = hedged_holding(case.number("coin_holding"), case.position(), price=price)
    return {
        "pnl": found.pnl.coins,
        "coin_total": found.coin_total.coins,
        "usd_value": usd_worth(case, found.coin_total, "exit_price"),
    }


def hedge_with_quanto(case: Case) -> Result:
    """A quanto position against a holding of its underlying."""
    found = quanto_hedge(
        case.position(),
        case.number("underlying_holding"),
        entry_price=case.number("entry_price"),
        exit_price=case.number("exit_price"),
        settlement_price_entry=case.number("settlement_price_entry"),
        settlement_price_exit=case.number("settlement_price_exit"),
    )
    return {
        "contract_value": found.contract_value.coins,
        "underlying_equivalent": found.underlying_equivalent,
        "pnl": found.pnl.coins,
        "pnl_usd": found.pnl_usd,
        "holding_pnl_usd": found.holding_pnl_usd,
        "net_pnl_usd": found.net_pnl_usd,
    }


def volume_weighted_price(case: Case) -> Result:
    """Average price of a turnover, by the venue's averaging."""
    instrument = case.instrument()
    turnover = instrument.settlement_currency.amount(case.number("turnover"))
    lots = Fraction(case.number("contracts")) / Fraction(instrument.lot)
    return {"volume_weighted_price": average_price(instrument, lots, turnover)}


def expiry(case: Case) -> Result:
    """Delivery instant of the instrument."""
    moment = case.instrument().expiry
    return {"expiry": None if moment is None else iso(moment)}


def listed_expiries(case: Case) -> Result:
    """Deliveries of the dated futures listed at an instant."""
    found = case.rules().expiries(case.instrument().underlying, case.text("at"))
    return {"expiries": [iso(moment) for moment in found]}


def combo_price(case: Case) -> Result:
    """A future spread's price from its legs', traded and marked."""
    found: Result = {}
    for key, far, near in (
        ("combo_price", "far_price", "near_price"),
        ("combo_mark_price", "far_mark_price", "near_mark_price"),
    ):
        if far in case and near in case:
            found[key] = spread_price(far_price=case.number(far), near_price=case.number(near))
    return found


def carry_price(case: Case) -> Result:
    """A future's price by cost of carry."""
    carry = Carry(
        dollar_rate=case.real("rate"),
        coin_yield=case.real("convenience_yield") if "convenience_yield" in case else 0.0,
        storage_rate=case.real("storage_rate") if "storage_rate" in case else 0.0,
    )
    return {"future_price": fair_price(case.real("spot_price"), case.real("maturity_years"), carry)}


VALUE_QUANTITIES: dict[str, Callable[[Case], Result]] = {
    "contract_value": contract_value,
    "average_entry": average_entry,
    "pnl": pnl,
    "unrealized_pnl": unrealized_pnl,
    "return_on_equity": return_on_entry,
    "equity": equity,
    "fee": fee,
    "position_size": position_size,
    "hedge": hedge,
    "quanto_hedge": hedge_with_quanto,
    "volume_weighted_price": volume_weighted_price,
    "expiry": expiry,
    "listed_expiries": listed_expiries,
    "combo_price": combo_price,
    "carry_price": carry_price,
}
"""From a quantity's word to the function that computes it."""
