"""The engines that rulebooks name: how a position is brought back to its margin, or closed.

Each is a function on a position, the depth it trades against and the rule. It gives the steps, what
the trader has left, what the engine took over, and the depth that is left.

Sources: venue-rules, section 4: Deribit [D8, D9], Binance [I7], BitMEX [B18], Bybit [Y13], OKX
[O5, O7], Kraken [K7]. Left out is what depends on a trader's own choice of risk limit and on the
orders that are cancelled first; both are done before a state comes here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from obverse.errors import RuleError
from obverse.risk.engines.depth import Depth
from obverse.risk.engines.state import AtRisk
from obverse.risk.engines.steps import Step, engine_step, order_step, takeover_step
from obverse.rulebooks.records import LiquidationRule


@dataclass(frozen=True)
class Outcome:
    """What an engine did.

    `left` is the trader's, flat or not; `taken` the engine's, none where nothing was taken over.
    """

    left: AtRisk
    taken: AtRisk | None
    steps: tuple[Step, ...]
    depth: Depth


Engine = Callable[[AtRisk, Depth, LiquidationRule, Decimal], Outcome]


def take_over(
    item: AtRisk,
    depth: Depth,
    rule: LiquidationRule,
    fee_rate: Decimal,
    steps: tuple[Step, ...] = (),
) -> Outcome:
    """The whole position goes to the engine at zero equity, which closes what the depth takes."""
    left, taken, step = takeover_step(item)
    trades, rest = depth.take(taken.contracts)
    after, closing = engine_step(taken, trades)
    return Outcome(left, after, (*steps, step, closing), rest)


def walk_down(item: AtRisk, depth: Depth, rule: LiquidationRule, fee_rate: Decimal) -> Outcome:
    """Down the tiers, each by one order that fills whole or not at all, until margin holds."""
    steps: tuple[Step, ...] = ()
    while item.is_liquidated and item.tier >= max(rule.from_tier, 2):
        wanted = item.contracts - _size_in_tier(item, _target(item, rule))
        if wanted <= 0 or depth.available(item.zero_equity_price) < wanted:
            break
        trades, depth = depth.take(wanted, item.zero_equity_price)
        item, step = order_step(item, wanted, trades, fee_rate)
        steps = (*steps, step)
    if not item.is_liquidated:
        return Outcome(item, None, steps, depth)
    return take_over(item, depth, rule, fee_rate, steps)


def _target(item: AtRisk, rule: LiquidationRule) -> int:
    down = rule.target_tier if rule.tiers_down is None else item.tier - rule.tiers_down
    return max(down, rule.target_tier, 1)


def _size_in_tier(item: AtRisk, tier: int) -> Decimal:
    """The largest part of the position, in whole lots, that is in a tier or a lower one."""
    lot = item.position.instrument.lot
    fits, beyond = 0, int(item.contracts // lot) + 1
    while beyond - fits > 1:
        middle = (fits + beyond) // 2
        if item.tier_of(middle * lot) <= tier:
            fits = middle
        else:
            beyond = middle
    return fits * lot


def incremental(item: AtRisk, depth: Depth, rule: LiquidationRule, fee_rate: Decimal) -> Outcome:
    """Slices at market until maintenance is met; the account may end below zero."""
    size = rule.slice_contracts or item.position.instrument.lot
    steps: list[Step] = []
    while item.is_liquidated and depth.levels:
        wanted = min(size, item.contracts)
        trades, depth = depth.take(wanted)
        item, step = order_step(item, wanted, trades, fee_rate)
        steps.append(step)
    return Outcome(item, None, tuple(steps), depth)


def immediate_or_cancel(
    item: AtRisk, depth: Depth, rule: LiquidationRule, fee_rate: Decimal
) -> Outcome:
    """One order limited at zero equity: whole, or until maintenance is met.

    Where the venue's fund keeps residuals, what is left below maintenance is taken over; else the
    trader keeps it, and the venue goes on to its loss sharing.
    """
    limit = item.zero_equity_price
    wanted = item.contracts
    if rule.closes == "until_met":
        wanted = _until_met(item, depth, limit, fee_rate)
    trades, depth = depth.take(wanted, limit)
    after, step = order_step(item, wanted, trades, fee_rate)
    if rule.residual == "fund" and after.is_liquidated:
        return take_over(after, depth, rule, fee_rate, (step,))
    return Outcome(after, None, (step,), depth)


def _until_met(item: AtRisk, depth: Depth, limit: Decimal | None, fee_rate: Decimal) -> Decimal:
    """The fewest lots whose closing restores maintenance; all of it where none does."""
    lot = item.position.instrument.lot
    most = int(min(depth.available(limit), item.contracts) // lot)

    def restored(lots: int) -> bool:
        trades, _ = depth.take(lots * lot, limit)
        after, _ = order_step(item, lots * lot, trades, fee_rate)
        return not after.is_liquidated

    if not restored(most):
        return item.contracts
    fails, holds = 0, most
    while holds - fails > 1:
        middle = (fails + holds) // 2
        fails, holds = (fails, middle) if restored(middle) else (middle, holds)
    return holds * lot


ENGINES: Mapping[str, Engine] = {
    "takeover": take_over,
    "tier_walk_down": walk_down,
    "incremental": incremental,
    "immediate_or_cancel": immediate_or_cancel,
}


def engine_of(rule: LiquidationRule) -> Engine:
    """The engine that a rule names."""
    if rule.engine not in ENGINES:
        raise RuleError(f"liquidation engine {rule.engine!r}: there are {', '.join(ENGINES)}.")
    return ENGINES[rule.engine]
