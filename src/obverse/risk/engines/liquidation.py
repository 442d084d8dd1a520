"""Liquidate a position by its venue's rule: steps, what is left, and what the fund gains or pays.

    coins before + gain of all that was closed = coins kept + change of the fund − uncovered

to the last unit, once all is closed. What stays uncovered, and what the engine could not close,
goes to the loss sharing that the rule names (`risk.losses`): deleveraging, session winners, or
opposite positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from obverse.contracts import Amount, exact
from obverse.contracts.units import ExactNumber
from obverse.errors import BookError, DataError
from obverse.risk.engines.depth import Depth
from obverse.risk.engines.policies import Outcome, engine_of
from obverse.risk.engines.state import AtRisk, at_risk
from obverse.risk.engines.steps import Step
from obverse.risk.losses import FundEntry, InsuranceFund, cover, receive
from obverse.risk.margin import AccountState
from obverse.rulebooks.records import LiquidationRule
from obverse.tables import Table, Tabular, coin, number, text


@dataclass(frozen=True, repr=False)
class Liquidation(Tabular):
    """What became of a position; prints as its steps.

    Attributes
    ----------
    left : the trader's position and coins afterwards; below zero only while a position is open
    taken : what the engine took over and could not close; none where there is nothing of it
    fund, entries : the insurance fund afterwards, and what went in and out
    uncovered : what the fund could not pay
    loss_sharing : the rule's word for who pays what is uncovered and takes what is not closed
    """

    before: AtRisk
    left: AtRisk
    taken: AtRisk | None
    steps: tuple[Step, ...]
    fund: InsuranceFund
    entries: tuple[FundEntry, ...]
    uncovered: Amount
    loss_sharing: str
    depth: Depth

    @property
    def is_shared(self) -> bool:
        """Whether others have to pay, or to take contracts: and a trader still due."""
        return bool(self.uncovered) or self.taken is not None or self.left.is_liquidated

    def table(self) -> Table:
        """One row a step."""
        code = self.before.coins.currency.code
        columns = (
            text("action", "Step"),
            number("closed", "Closed", "contracts", 0),
            number("price_usd", "Price", "USD"),
            coin("gain", "Gain", code, 8),
            coin("fee", "Fee", code, 8, signed=False),
            number("tier", "Tier", decimals=0),
            number("left", "Left", "contracts", 0),
            coin("equity", "Equity", code, 8),
            coin("needed", "Needed", code, 8, signed=False),
        )
        rows = tuple(
            (
                step.action,
                step.closed,
                step.price,
                step.gain.coins,
                step.fee.coins,
                step.tier,
                step.after.contracts,
                float(step.after.equity),
                float(step.after.needed),
            )
            for step in self.steps
        )
        symbol = self.before.position.instrument.symbol
        return Table(f"Liquidation of {symbol}", columns, rows, self._notes())

    def _notes(self) -> tuple[str, ...]:
        if not self.before.is_liquidated:
            return ("Maintenance is covered: nothing is liquidated.",)
        notes = [f"Left to the trader: {self.left.coins}, {self.left.contracts:,f} contracts."]
        for entry in self.entries:
            way = "into" if entry.direction == "in" else "out of"
            notes.append(f"{entry.amount} {way} the fund ({entry.reference}): {entry.balance}.")
        words = self.loss_sharing.replace("_", " ")
        if self.uncovered:
            notes.append(f"Not covered: {self.uncovered}, for {words}.")
        if self.left.is_liquidated:
            notes.append(
                f"Still due: {self.left.contracts:,f} contracts found no order to close into, with "
                f"an equity of {float(self.left.equity):+,.8f}; for {words}."
            )
        if self.taken is not None:
            notes.append(f"Not closed: {self.taken.contracts:,f} contracts, for {words}.")
        return tuple(notes)


def liquidate(
    item: AtRisk,
    rule: LiquidationRule,
    depth: Depth,
    fund: InsuranceFund,
    *,
    fee_rate: ExactNumber = "0",
) -> Liquidation:
    """Liquidate a position by a rule; one that covers its maintenance is left alone.

    Parameters
    ----------
    depth : the side that closes it: bids for a long, asks for a short
    fee_rate : liquidation fee on the value closed by the trader's own orders, into the fund
    """
    rate = exact(fee_rate, "fee_rate")
    if rate < 0:
        raise DataError(f"fee_rate: {rate} is below zero.")
    if fund.opening.currency != item.coins.currency:
        raise BookError(
            f"the fund is in {fund.opening.currency.code}, the position in "
            f"{item.coins.currency.code}."
        )
    nothing = item.coins.currency.zero
    if not item.is_liquidated:
        return Liquidation(item, item, None, (), fund, (), nothing, rule.loss_sharing, depth)
    needed = "bids" if item.position.contracts > 0 else "asks"
    if depth.side != needed:
        raise DataError(f"depth: {depth.side}, but a {item.position.side} closes into {needed}.")
    return _settled(item, rule, engine_of(rule)(item, depth, rule, rate), fund)


def liquidate_account(
    state: AccountState,
    rules: Sequence[tuple[str, LiquidationRule]],
    depths: Sequence[tuple[str, Depth]],
    fund: InsuranceFund,
    *,
    fee_rate: ExactNumber = "0",
) -> tuple[Liquidation, ...]:
    """Liquidate the positions of an account that are due, one after another, with one fund.

    `rules` and `depths` are by symbol. Positions held across share what is behind them: the first
    is liquidated, then the account has to be assessed again, so that only one of them is done.
    """
    by_rule, by_depth = dict(rules), dict(depths)
    found: list[Liquidation] = []
    across_done = False
    isolated = [
        item.held.position for item in state.positions if item.held.setting.mode == "isolated"
    ]
    for item in at_risk(state):
        if not any(item.position is one for one in isolated):
            if across_done:
                continue
            across_done = True
        symbol = item.position.instrument.symbol
        if symbol not in by_rule or symbol not in by_depth:
            raise DataError(f"{symbol}: expected its liquidation rule and its depth.")
        done = liquidate(item, by_rule[symbol], by_depth[symbol], fund, fee_rate=fee_rate)
        fund = done.fund
        found.append(done)
    return tuple(found)


def _settled(
    item: AtRisk, rule: LiquidationRule, outcome: Outcome, fund: InsuranceFund
) -> Liquidation:
    """Move what the steps left between the trader, the engine and the fund."""
    entries: list[FundEntry] = []
    nothing = item.coins.currency.zero
    fees = sum((step.fee for step in outcome.steps), nothing)
    if fees:
        fund, entry = receive(fund, fees, "liquidation fee")
        entries.append(entry)
    left, taken, uncovered = outcome.left, outcome.taken, nothing
    if left.coins.units < 0 and not left.position.contracts:
        fund, entry = cover(fund, -left.coins, "negative equity")
        entries.append(entry)
        uncovered += entry.residual
        left = replace(left, coins=nothing)
    if taken is not None and not taken.position.contracts:
        step = receive if taken.coins.units >= 0 else cover
        fund, entry = step(fund, abs(taken.coins), "takeover")
        entries.append(entry)
        uncovered += entry.residual
        taken = None
    return Liquidation(
        before=item,
        left=left,
        taken=taken,
        steps=outcome.steps,
        fund=fund,
        entries=tuple(entries),
        uncovered=uncovered,
        loss_sharing=rule.loss_sharing,
        depth=outcome.depth,
    )
