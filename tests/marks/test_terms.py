"""Rules as numbers: every shipped perpetual can be run, and what cannot is refused."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from perpetual_histories import RULES, funding_rule, mark_rule

from obverse.errors import RuleError
from obverse.marks.terms import terms_of


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_shipped_perpetual_can_be_run(name):
    mark, funding = RULES[name]
    terms = terms_of(mark, funding)
    assert terms.rate_hours == funding.rate_hours
    assert terms.cap == (math.inf if funding.cap is None else float(funding.cap))


@pytest.mark.parametrize(
    ("mark", "funding", "message"),
    [
        ({"policy": "annualised_impact_basis"}, {}, "not a perpetual's"),
        ({"average": "moving"}, {}, "over no time"),
        ({"average": "exponential", "average_seconds": Decimal(0)}, {}, "over no time"),
        ({}, {"rule": "clamp"}, "without a dampener"),
        ({}, {"rule": "divide"}, "without a coefficient"),
        ({"policy": "median_of_three"}, {"accrual": "continuous"}, "nothing to come"),
        ({}, {"premium": "impact_with_basis", "accrual": "continuous"}, "nothing to come"),
    ],
)
def test_rules_that_cannot_be_run_are_refused(mark, funding, message):
    with pytest.raises(RuleError, match=message):
        terms_of(mark_rule(**mark), funding_rule(**funding))
