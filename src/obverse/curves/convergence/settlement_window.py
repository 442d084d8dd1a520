"""The settlement window: a future that settles on an average is an Asian forward at its end.

With a share e of the window over, of average A so far, the fair value is e·A + (1 − e)·E, where E
is the expected average of the rest. Its variance per unit of volatility squared is

- L + W/3 from a time L before a window of length W opens (a continuous average of a random walk has
  a third of the variance of its end; n samples at the ends of n steps (n + 1)(2n + 1)/(6n²) of it);
- (1 − e)²·R/3 inside, with R left: the price moves only what is not yet averaged.

The window's length and step come from the rulebook's delivery rule and the running average from
`obverse.marks.delivery`. Values are dollars per coin. An inverse contract pays on one over the
average; the expectation of that differs from one over the expectation by the variance, about 0.1 bp
for half an hour at a volatility of 80 % a year, and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from obverse.contracts.instants import SECONDS_PER_DAY, Instant, instant, iso, years_between
from obverse.contracts.units import ExactNumber
from obverse.errors import MarketDataError, RuleError
from obverse.marks.delivery import DeliveryWindow, running_delivery
from obverse.marks.policies import delivery_window
from obverse.rulebooks import ProductRules, rulebook
from obverse.rulebooks.records import Delivery

SECONDS_PER_YEAR = 365 * SECONDS_PER_DAY


@dataclass(frozen=True)
class WindowValue:
    """What a future is worth before and inside its settlement window.

    Attributes
    ----------
    average_usd, settled_share : of the window so far; no average before its first sample
    expected_rest_usd : expected average of what is to come
    value_usd : settled share at the average, the rest at its expectation
    exposure : share of the contract's delta that still moves with the index
    variance_years : variance of the value per unit of yearly volatility squared
    samples_missing : due and not seen; none where the venue's step is not known
    """

    at: datetime
    average_usd: float | None
    settled_share: float
    expected_rest_usd: float
    value_usd: float
    exposure: float
    variance_years: float
    samples_missing: int | None


def delivery_rule(venue: str, underlying: str, expiry: Instant) -> Delivery:
    """The rule by which a venue's futures on a coin delivered at an instant.

    Raises `RuleError` where the venue lists no such future then, or says no averaging window.
    """
    book = rulebook(venue, as_of=expiry)
    for rules in book.products.values():
        product = rules.product
        if product.kind == "future" and product.underlying == underlying.upper():
            if rules.delivery is None or not rules.delivery.window_minutes:
                raise RuleError(f"{book.name}: {product.id} has no averaging window at delivery.")
            return rules.delivery
    raise RuleError(
        f"{book.name} lists no future on {underlying} at {iso(instant(expiry))}; there are "
        f"futures on {', '.join(_with_futures(book.products.values())) or 'nothing'}."
    )


def settlement_window(venue: str, underlying: str, expiry: Instant) -> DeliveryWindow:
    """The averaging window of a delivery, by the rule in force at it."""
    end = instant(expiry)
    return delivery_window(delivery_rule(venue, underlying, end), end)


def window_value(
    window: DeliveryWindow,
    samples: Sequence[tuple[datetime, ExactNumber]],
    at: Instant,
    *,
    index_usd: float,
    yearly_rate: float = 0.0,
) -> WindowValue:
    """Value a future against its settlement window.

    Parameters
    ----------
    samples : index prices of the window, in increasing time; later ones than `at` are not looked at
    yearly_rate : at which the index is expected to grow, continuous, act/365

    Raises
    ------
    MarketDataError : an index that is no price, an instant after the window, or inside it a window
        none of whose samples is given
    """
    moment = instant(at)
    if not (math.isfinite(index_usd) and index_usd > 0 and math.isfinite(yearly_rate)):
        raise MarketDataError(
            f"window value: index {index_usd} at rate {yearly_rate}; expected a price above zero "
            "and a number."
        )
    if moment > window.end:
        raise MarketDataError(
            f"window value: {iso(moment)} is after the delivery of {iso(window.end)}."
        )
    running = running_delivery(window, samples, moment)
    share = running.settled_share
    rest = expected_average_usd(
        index_usd, yearly_rate, moment, max(moment, window.start), window.end
    )
    if share > 0 and running.average_usd is None:
        raise MarketDataError(
            f"window value: {share:.0%} of the window of {iso(window.end)} is over and no index "
            "sample of it is given."
        )
    average = None if running.average_usd is None else float(running.average_usd)
    return WindowValue(
        moment,
        average,
        share,
        rest,
        share * (average or 0.0) + (1 - share) * rest,
        running.remaining_exposure,
        variance_years(window, moment),
        running.missing,
    )


def expected_average_usd(
    index_usd: float, yearly_rate: float, at: datetime, start: datetime, end: datetime
) -> float:
    """Expected average of an index from `start` to `end`, growing at a rate from `at` on.

    It is S·e^(r·L)·(e^(r·W) − 1)/(r·W), with L to the start and W between the two.
    """
    lead = yearly_rate * years_between(at, start)
    grown = yearly_rate * years_between(start, end)
    mean = math.expm1(grown) / grown if grown else 1.0
    return index_usd * math.exp(lead) * mean


def variance_years(window: DeliveryWindow, at: Instant) -> float:
    """Variance of the delivery price seen from an instant, per unit of yearly volatility squared.

    Exact for the samples of a random walk at the ends of the window's steps; where the venue's
    step is not known the average is taken as continuous. Zero at the end.
    """
    moment = instant(at)
    lead = max(0.0, (window.start - moment).total_seconds())
    length = float(window.minutes) * 60
    if window.sample_seconds is None:
        left = (1 - window.elapsed_share(moment)) * length
        return (lead + (left / length) ** 2 * left / 3) / SECONDS_PER_YEAR
    step = float(window.sample_seconds)
    passed = min(length, max(0.0, (moment - window.start).total_seconds()))
    seen = math.floor(passed / step + 1e-9)
    count = window.samples - seen
    to_next = step - (passed - seen * step)
    walk = count**2 * to_next + step * (count - 1) * count * (2 * count - 1) / 6 if count else 0.0
    return (lead * (count / window.samples) ** 2 + walk / window.samples**2) / SECONDS_PER_YEAR


def variance_ratio(window: DeliveryWindow) -> float:
    """Variance of the window's average over that of its end, seen from its start: about a third."""
    length = timedelta(minutes=float(window.minutes)).total_seconds()
    return variance_years(window, window.start) * SECONDS_PER_YEAR / length


def _with_futures(products: Iterable[ProductRules]) -> list[str]:
    kinds = ((each.product.kind, each.product.underlying) for each in products)
    return sorted({coin for kind, coin in kinds if kind == "future"})
