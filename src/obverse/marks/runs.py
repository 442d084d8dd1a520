"""A perpetual's funding over a history, by the rules of its venue as they changed.

`perpetual_history` knows one mark rule and one funding rule; a run is a history in parts, one for
each pair of rules. What was decided:

- A sample at the instant of a change still belongs to the old rules, so that a change at a funding
  stamp leaves the window that ends there to them.
- A change in mid-window: the new rules end it, on the samples since the change.
- A rate in force is carried over. At the start of a run it is not known: it is taken as zero, what
  a lagged first window paid is not told, and `FundingRun.remarks` says so.
- A history without a two-sided book has no premium, hence no funding: it is refused.
- An average whose length the venue does not publish is left out; `FundingRun.remarks` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
import numpy as np

from obverse.contracts.instants import iso
from obverse.contracts.instruments import Kind
from obverse.errors import MarketDataError, RuleError
from obverse.marks.history import PerpetualHistory, Start, perpetual_history
from obverse.marks.policies import funding_schedule
from obverse.marks.samples import PerpetualSamples
from obverse.marks.schedule import Schedule, from_ns, to_ns
from obverse.rulebooks import ProductRules, Rulebook
from obverse.rulebooks.in_force import rules_in_force
from obverse.rulebooks.records import FundingRule, MarkRule, VenueFile
from obverse.rulebooks.series import series

START_UNKNOWN = (
    "The rate in force when the data begin is not known and taken as zero: the first window's mark "
    "may be off, and what was paid at its end, where that is the rate of the window before, is not "
    "told."
)
AVERAGE_UNKNOWN = (
    "The length of the mark's average is not published: the basis of each instant stands for it."
)


@dataclass(frozen=True)
class Part:
    """A stretch of a history with one mark rule and one funding rule."""

    history: PerpetualHistory
    mark: MarkRule
    funding: FundingRule

    @property
    def begins(self) -> datetime:
        """When the newer of its rules came in force."""
        return max(self.mark.begins, self.funding.begins)


@dataclass(frozen=True)
class FundingRun:
    """A perpetual's marks and funding over a history.

    Attributes
    ----------
    rules : those in force at the end
    file : the venue's whole rulebook
    parts : one for each pair of mark and funding rules, in order of time
    step_seconds : the usual time between samples; the venue's own for a run of one
    remarks : what stands for something that was not seen
    """

    symbol: str
    underlying: str
    venue: str
    source: str
    simulated: bool
    rules: ProductRules
    file: VenueFile
    schedule: Schedule
    parts: tuple[Part, ...]
    step_seconds: float
    remarks: tuple[str, ...]

    @property
    def known_ns(self) -> int:
        """When the first premium was sampled: before it no rate is known."""
        return next(
            int(part.history.times_ns[part.history.sampled][0])
            for part in self.parts
            if part.history.sampled.any()
        )

    @property
    def first(self) -> datetime:
        """Instant of the first sample."""
        return from_ns(int(self.parts[0].history.times_ns[0]))

    @property
    def last(self) -> datetime:
        """Instant of the last sample."""
        return from_ns(int(self.parts[-1].history.times_ns[-1]))


def perpetual_rules(book: Rulebook, symbol: str) -> ProductRules:
    """The rules of a perpetual; a contract that pays no funding raises `RuleError`."""
    instrument = book.instrument(symbol)
    rules = book.rules_of(instrument)
    if instrument.kind is not Kind.PERPETUAL:
        perpetuals = [
            item.symbol
            for item in book.listed(instrument.underlying)
            if item.kind is Kind.PERPETUAL
        ]
        hint = f" Perpetuals: {', '.join(perpetuals)}." if perpetuals else ""
        raise RuleError(
            f"{instrument.symbol} is a {instrument.kind.value}: it has no funding rule.{hint}"
        )
    if rules.funding is None or rules.mark is None:
        kind = "funding" if rules.funding is None else "mark"
        raise RuleError(f"{book.name}'s rulebook has no {kind} rule for {instrument.symbol}.")
    return rules


def funding_run(
    samples: PerpetualSamples, book: Rulebook, symbol: str, *, source: str, simulated: bool = False
) -> FundingRun:
    """Run a venue's rules over the samples of one perpetual.

    Parameters
    ----------
    samples : what was seen, in increasing time
    book : the venue's rules at the end of them
    source, simulated : where the samples are from
    """
    rules = perpetual_rules(book, symbol)
    if not len(samples.times_ns):
        raise MarketDataError(f"{symbol}: no samples to compute funding from.")
    schedule = funding_schedule(rules, book.file)
    parts: list[Part] = []
    for piece, at in _pieces(samples, rules, book.file):
        mark, funding = _at(rules, book, at)
        start = _carried(parts[-1], funding) if parts else None
        history = perpetual_history(piece, _runnable(mark), funding, schedule, start)
        parts.append(Part(history, mark, funding))
    if not any(part.history.sampled.any() for part in parts):
        raise MarketDataError(
            f"{symbol} in {source}: no sample has both bid and ask, and without them there is no "
            "premium and no funding; give the best bid and ask of at least one instant."
        )
    steps = np.diff(samples.times_ns)
    return FundingRun(
        symbol=symbol,
        underlying=rules.product.underlying,
        venue=book.venue,
        source=source,
        simulated=simulated,
        rules=rules,
        file=book.file,
        schedule=schedule,
        parts=tuple(parts),
        step_seconds=(
            float(np.median(steps)) / 1e9 if len(steps) else float(parts[-1].funding.sample_seconds)
        ),
        remarks=_remarks(parts),
    )


def _pieces(
    samples: PerpetualSamples, rules: ProductRules, file: VenueFile
) -> list[tuple[PerpetualSamples, datetime]]:
    """Cut samples where a rule changes; each piece comes with an instant of its rules."""
    first = int(samples.times_ns[0])
    begins = {
        to_ns(entry.begins)
        for kind in ("mark", "funding")
        for _, entry in series(file, kind, rules.product)
    }
    changes = sorted(change for change in begins if change > first)
    cuts = np.searchsorted(samples.times_ns, changes, side="right").tolist()
    edges = sorted({0, *cuts, len(samples.times_ns)})
    pieces = []
    for low, high in pairwise(edges):
        names = ("times_ns", "index_usd", "bid_usd", "ask_usd", "last_usd")
        piece = PerpetualSamples(*(getattr(samples, name)[low:high] for name in names))
        start, end = (from_ns(int(piece.times_ns[place])) for place in (0, -1))
        pieces.append((piece, max(start, end - timedelta(microseconds=1))))
    return pieces


def _at(rules: ProductRules, book: Rulebook, at: datetime) -> tuple[MarkRule, FundingRule]:
    """The pair of rules in force at an instant."""
    found = rules_in_force(book.file, rules.product, at)
    if found.mark is None or found.funding is None:
        kind = "mark" if found.mark is None else "funding"
        raise RuleError(f"{rules.product.id}: {book.name} has no {kind} rule at {iso(at)}.")
    return found.mark, found.funding


def _runnable(mark: MarkRule) -> MarkRule:
    """A mark rule without an average whose length nobody knows."""
    if mark.average is not None and mark.average_seconds is None:
        return msgspec.structs.replace(mark, average=None)
    return mark


def _carried(part: Part, funding: FundingRule) -> Start:
    """The rate in force after a part: the one that came in force at a stamp of its last sample."""
    history = part.history
    ended = int(history.times_ns[-1]) in history.stamps_ns[-1:].tolist()
    rates = history.accruing_rate if ended else history.rate_in_force
    return Start(float(rates[-1]) * funding.rate_hours / part.funding.rate_hours)


def _remarks(parts: list[Part]) -> tuple[str, ...]:
    remarks = []
    first = parts[0]
    lagged = first.funding.lag == "next_window" and first.funding.accrual != "continuous"
    if lagged or first.mark.policy in ("funding_decay", "median_of_three"):
        remarks.append(START_UNKNOWN)
    if any(part.mark.average and part.mark.average_seconds is None for part in parts):
        remarks.append(AVERAGE_UNKNOWN)
    return tuple(remarks)
