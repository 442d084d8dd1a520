"""Who is deleveraged first: scores by the formulas that venues and papers print.

Symbols, signed coin values V: m mark, E entry, b bankruptcy; C collateral, U unrealised gain, M
maintenance margin; gain(x→y) is a position's gain as its value moves from x to y.

====================================== ======================================================
policy                                 score
====================================== ======================================================
profit_times_leverage                  r·λ if r > 0, else r/λ; r = U/|V(E)|,
                                       λ = |V(m)| / gain(b→m)
leverage_times_profit_over_collateral  max(0, U)/C · M/(C + U)
leverage_times_mark_over_bankruptcy    |V(m)|/C · m/b
leverage_times_mark_over_reference     |V(m)|/C · m/reference
====================================== ======================================================

Sources: BitMEX "Auto-Deleveraging" (its value is below zero for a long, so that mark less entry
value is the gain); Binance futures FAQ on ADL (leverage PnL = PnL per cent times margin ratio); the
last two are Chitra's stylised Binance and Hyperliquid (arXiv 2512.01112, corrected), printed for
longs: of a short they fall as it profits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from obverse.contracts import Amount, Position
from obverse.contracts.units import ExactNumber, exact_price
from obverse.errors import BookError, RuleError


@dataclass(frozen=True)
class Candidate:
    """An open position that may be deleveraged, with what scores read.

    Attributes
    ----------
    bankruptcy_price : price of zero equity; none where there is none
    collateral : coin behind the position, unrealised gain apart
    maintenance_margin : in coin
    reference_price : of `leverage_times_mark_over_reference`; the entry price where none is given
    """

    account: str
    position: Position
    mark_price: Decimal
    collateral: Amount
    maintenance_margin: Amount
    bankruptcy_price: Decimal | None = None
    reference_price: Decimal | None = None

    def __post_init__(self) -> None:
        """Take exact prices; refuse a flat position."""
        if not self.position.contracts:
            raise BookError(f"account {self.account}: a flat position cannot be deleveraged.")
        self._require(bool(self.position.cost), "its cost is below the smallest unit")
        for name in ("mark_price", "bankruptcy_price", "reference_price"):
            price: ExactNumber | None = getattr(self, name)
            if price is not None:
                object.__setattr__(self, name, exact_price(price, name))
        for amount in (self.collateral, self.maintenance_margin):
            self._require(amount.units >= 0, "its collateral or maintenance margin is below zero")
            self._require(
                amount.currency == self.position.cost.currency,
                f"its margin is not in {self.position.cost.currency.code}",
            )

    @property
    def unrealized(self) -> Fraction:
        """Gain at the mark, in settlement coin."""
        return self.position.pnl(price=self.mark_price).fraction

    @property
    def mark_value(self) -> Fraction:
        """Signed value at the mark."""
        return self.position.value(price=self.mark_price).fraction

    def required_collateral(self) -> Fraction:
        """Collateral, for scores that divide by it; none behind the position raises `BookError`."""
        self._require(self.collateral.units > 0, "a score by leverage needs collateral")
        return self.collateral.fraction

    def _require(self, holds: bool, reason: str) -> None:
        if not holds:
            raise BookError(f"account {self.account}: {reason}.")


def effective_leverage(candidate: Candidate) -> Fraction:
    """BitMEX's effective leverage: mark value over what is left until bankruptcy.

    Without a bankruptcy price the value there is zero: a 1× inverse short, or a position with more
    collateral than value, is at leverage one. A position whose mark is at or beyond bankruptcy is
    liquidated, not deleveraged: `BookError`.
    """
    position, price = candidate.position, candidate.bankruptcy_price
    bankrupt = Fraction(0) if price is None else position.value(price=price).fraction
    left = position.instrument.payoff.pnl(bankrupt, candidate.mark_value)
    if left <= 0:
        raise BookError(
            f"account {candidate.account} is bankrupt at the mark of {candidate.mark_price:f}; "
            "liquidate it, it has nothing to deleverage."
        )
    return abs(candidate.mark_value) / left


def score(candidate: Candidate, policy: str) -> Fraction:
    """A position's score by a policy of `SCORES`; the highest is deleveraged first."""
    rule = SCORES.get(policy)
    if rule is None:
        raise RuleError(f"No score {policy!r}; there are {', '.join(SCORES)}.")
    return rule(candidate)


def _profit_times_leverage(candidate: Candidate) -> Fraction:
    leverage = effective_leverage(candidate)
    profit = candidate.unrealized / abs(candidate.position.cost.fraction)
    return profit * leverage if profit > 0 else profit / leverage


def _leverage_times_profit_over_collateral(candidate: Candidate) -> Fraction:
    collateral = candidate.required_collateral()
    profit = max(candidate.unrealized, Fraction(0))
    ratio = candidate.maintenance_margin.fraction / (collateral + profit)
    return profit / collateral * ratio


def _leverage_times_mark_over_bankruptcy(candidate: Candidate) -> Fraction:
    if candidate.bankruptcy_price is None:
        raise BookError(
            f"account {candidate.account} has no bankruptcy price, which this score divides by; "
            "rank by profit_times_leverage."
        )
    return _leverage_times_mark_over(candidate, candidate.bankruptcy_price)


def _leverage_times_mark_over_reference(candidate: Candidate) -> Fraction:
    reference = candidate.reference_price or candidate.position.average_price
    assert reference is not None  # it is not flat
    return _leverage_times_mark_over(candidate, reference)


def _leverage_times_mark_over(candidate: Candidate, price: Decimal) -> Fraction:
    leverage = abs(candidate.mark_value) / candidate.required_collateral()
    return leverage * Fraction(candidate.mark_price) / Fraction(price)


SCORES: dict[str, Callable[[Candidate], Fraction]] = {
    "profit_times_leverage": _profit_times_leverage,
    "leverage_times_profit_over_collateral": _leverage_times_profit_over_collateral,
    "leverage_times_mark_over_bankruptcy": _leverage_times_mark_over_bankruptcy,
    "leverage_times_mark_over_reference": _leverage_times_mark_over_reference,
}
"""The closed set of scores, by name."""
