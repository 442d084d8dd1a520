"""A perpetual's mark and funding rules as the numbers that a compiled loop takes."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import NamedTuple

from obverse.errors import RuleError
from obverse.rulebooks.records import FundingRule, MarkRule

MARK_POLICIES = {"funding_decay": 0, "basis_average": 1, "median_of_three": 2}
BASES = {None: 0, "mid": 0, "impact_mid": 0, "market_price": 1}
AVERAGES = {None: 0, "exponential": 1, "moving": 2}
PREMIUMS = {"impact_with_basis": 0, "impact": 1, "mark": 2, "mid": 3}
RATE_RULES = {"clamp": 0, "dampener": 1, "divide": 2, "plain": 3}
WEIGHTS = {"flat": 0, "linear": 1, "rolling": 2}

_NEEDED = {"clamp": "dampener", "dampener": "dampener", "divide": "coefficient"}


class Terms(NamedTuple):
    """The two rules in numbers; words are their places in the tables above.

    Seconds are nanoseconds where times are subtracted, and 0 where there is no average; a bound of
    0 is none; a cap of infinity is none.
    """

    policy: int
    basis_of: int
    averaging: int
    tau_seconds: float
    moving_ns: int
    bound: float
    whole_minutes: bool
    source: int
    rule: int
    weighting: int
    rolling_ns: int
    interest: float
    dampener: float
    coefficient: float
    cap: float
    lagged: bool
    continuous: bool
    rate_hours: float


def terms_of(mark: MarkRule, funding: FundingRule) -> Terms:
    """The two rules as numbers; rules that a history cannot be run by raise `RuleError`."""
    if mark.policy not in MARK_POLICIES:
        raise RuleError(f"mark policy {mark.policy!r} is not a perpetual's.")
    if mark.average is not None and not (mark.average_seconds or 0) > 0:
        raise RuleError(f"mark rule with an average {mark.average!r} over no time.")
    needed = _NEEDED.get(funding.rule)
    if needed is not None and getattr(funding, needed) is None:
        raise RuleError(f"funding rule {funding.rule!r} without a {needed}.")
    decays = mark.policy != "basis_average" or funding.premium == "impact_with_basis"
    if funding.accrual == "continuous" and decays:
        raise RuleError("continuous funding leaves nothing to come that a mark could decay by.")
    average = AVERAGES[mark.average]
    seconds = mark.average_seconds or Decimal(0)
    rolling = funding.interval_hours * 3_600_000_000_000
    return Terms(
        policy=MARK_POLICIES[mark.policy],
        basis_of=BASES[mark.basis_of],
        averaging=average,
        tau_seconds=float(seconds) if mark.average == "exponential" else 0.0,
        moving_ns=int(seconds * 1_000_000_000) if average == AVERAGES["moving"] else 0,
        bound=float(mark.bound_rate or 0),
        whole_minutes=mark.whole_minutes,
        source=PREMIUMS[funding.premium],
        rule=RATE_RULES[funding.rule],
        weighting=WEIGHTS[funding.weights],
        rolling_ns=rolling if funding.weights == "rolling" else 0,
        interest=float(funding.interest_rate),
        dampener=float(funding.dampener or 0),
        coefficient=float(funding.coefficient or 1),
        cap=math.inf if funding.cap is None else float(funding.cap),
        lagged=funding.lag == "next_window",
        continuous=funding.accrual == "continuous",
        rate_hours=float(funding.rate_hours),
    )
