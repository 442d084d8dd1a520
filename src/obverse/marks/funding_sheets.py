"""Tables of funding: what accrues as of an instant, and what each window paid."""

from __future__ import annotations

from collections.abc import Sequence

from obverse.contracts.instants import iso
from obverse.marks.funding_windows import (
    RATE_UNITS,
    UNIT_HOURS,
    Accrual,
    FundingWindow,
    per_hours,
)
from obverse.marks.history import fixed_amounts
from obverse.marks.policies import capped_rate, rate_from_premium
from obverse.marks.rebuilt import Line
from obverse.marks.runs import START_UNKNOWN, FundingRun
from obverse.marks.schedule import to_ns
from obverse.marks.sheets import decimals_of
from obverse.tables import Cell, Column, Table, machine, number, percent, text


def now_table(run: FundingRun, now: Accrual) -> Table:
    """Index, mark, premium and the running window as of the last sample."""
    places = decimals_of(now.index_usd)
    columns = (
        text("symbol", "Perpetual"),
        number("index_usd", "Index", "USD", places),
        number("mark_usd", "Mark", "USD", places),
        percent("premium_rate", "Premium", 4),
        percent("premium_average", "Average", 4),
        Column("sampled", "Samples", for_files=False),
        machine("samples"),
        machine("expected_samples"),
        text("next_stamp", "Next stamp (UTC)"),
        number("hours_to_stamp", "In", "h", 2),
    )
    expected = now.samples + now.to_come
    row: tuple[Cell, ...] = (
        run.symbol,
        now.index_usd,
        now.mark_usd,
        now.premium,
        now.premium_average,
        f"{now.samples} of {expected}",
        now.samples,
        expected,
        now.next_stamp,
        now.hours_to_stamp,
    )
    rule = run.parts[-1].funding
    rolling = rule.weights == "rolling" and rule.accrual != "continuous"
    of = f"over the last {rule.interval_hours} h" if rolling else "of its samples so far"
    notes = [f"Window: {iso(now.start)} to {iso(now.stamp)}. Average: {of}.", *step_notes(run)]
    if now.at == now.stamp:
        notes.append("The window ends at this instant; the next one has no sample yet.")
    return Table(f"{run.symbol} at {run.venue}, {iso(now.at)}", columns, (row,), tuple(notes))


def step_notes(run: FundingRun) -> list[str]:
    """Where samples are sparser than the venue's, and what is left out for that."""
    notes = [remark for remark in run.remarks if remark != START_UNKNOWN]
    bare = sum(part.history.steps_without_book for part in run.parts)
    if bare:
        notes.append(f"Samples without a two-sided book, which leave no premium: {bare}.")
    rule = run.parts[-1].funding
    if run.step_seconds > float(rule.sample_seconds):
        notes.insert(
            0,
            f"Samples here are {_span(run.step_seconds)} apart, the venue's {rule.sample_seconds:f}"
            " s: averages hold as many as there are.",
        )
    mark = run.parts[-1].mark
    if "impact" in rule.premium or mark.basis_of == "impact_mid":
        notes.append("Best bid and ask stand for impact prices, which need a whole book.")
    return notes


def _span(seconds: float) -> str:
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds:g} s"


def accruing_table(run: FundingRun, now: Accrual) -> Table:
    """What accrues, and what it is predicted to become, in each unit. Nothing here was paid."""
    columns = (
        text("what", "Accruing, not paid"),
        *(percent(f"rate_{unit}", unit, 5, unit="%") for unit in RATE_UNITS),
    )
    rule = run.parts[-1].funding
    rates: list[tuple[str, float | None]] = [("accruing now", now.accruing_8h)]
    if rule.lag == "next_window" and rule.accrual != "continuous":
        due = now.in_force_8h if now.in_force_known else None
        rates.append(("in force, due at the next stamp", due))
    rates += [
        ("predicted, premium stays", now.predicted_8h),
        ("predicted, lowest", now.lowest_8h),
        ("predicted, highest", now.highest_8h),
    ]
    predicted = (
        f"Predicted: for the window that ends {iso(now.stamp)}; lowest and highest while the "
        "premium stays within what its average has seen."
    )
    if now.at == now.stamp:
        predicted = f"Predicted is final: the window ends at this instant, {iso(now.stamp)}."
    notes = ["Above zero longs pay. Scaled linearly; a year has 365 days.", predicted]
    if not now.in_force_known:
        notes.append("The rate in force when the data begin is not known.")
    rows = tuple(_in_units(what, rate) for what, rate in rates)
    return Table(f"{run.symbol}: funding accruing at {iso(now.at)}", columns, rows, tuple(notes))


def _in_units(what: str, rate_8h: float | None) -> tuple[Cell, ...]:
    """A rate in each unit."""
    scaled = (
        None if rate_8h is None else per_hours(rate_8h, hours) for hours in RATE_UNITS.values()
    )
    return (what, *scaled)


def paid_table(run: FundingRun, found: Sequence[FundingWindow]) -> Table:
    """What was paid, at the last stamp and on average, in each unit. Nothing here accrues."""
    columns = (
        text("what", "Paid"),
        *(percent(f"rate_{unit}", unit, 5, unit="%") for unit in RATE_UNITS),
    )
    title = f"{run.symbol}: funding paid"
    paid = [(one, one.paid) for one in found if one.paid is not None]
    if not paid:
        return Table(title, columns, (), ("No window of this range is known to have paid.",))
    last, rate = paid[-1]
    rows = [_in_units(f"at {iso(last.stamp)}", rate * UNIT_HOURS / last.hours)]
    total, hours = sum(rate for _, rate in paid), sum(one.hours for one, _ in paid)
    if len(paid) > 1:
        rows.append(_in_units(f"mean of {len(paid)} stamps", total * UNIT_HOURS / hours))
    notes = (
        f"Sum over the range, {iso(paid[0][0].start)} to {iso(last.stamp)}: {total:+.5%} of value. "
        "Above zero longs paid. Scaled linearly from the hours that were paid for.",
    )
    return Table(title, columns, tuple(rows), notes)


def windows_table(run: FundingRun, found: Sequence[FundingWindow]) -> Table:
    """Each window: premium average, what accrued at its end, and, apart, what was paid."""
    amounts = _amounts(run)
    columns = [
        text("start", "From (UTC)"),
        text("stamp", "Stamp (UTC)"),
        Column("sampled", "Samples", for_files=False),
        machine("samples"),
        machine("expected_samples"),
        percent("premium_average", "Premium", 4),
        percent("accruing_8h", "Accruing", 5, unit="% per 8 h"),
        percent("paid", "Paid", 5, unit="% of value"),
    ]
    if amounts:
        unit = f"{run.rules.product.settlement}/contract"
        columns.append(number("paid_coin", "Paid", unit, 12, signed=True))
    rows: list[tuple[Cell, ...]] = []
    for one in found:
        row: list[Cell] = [
            one.start,
            one.stamp,
            f"{one.samples} of {one.expected}",
            one.samples,
            one.expected,
            one.premium_average,
            one.accruing_8h,
            one.paid,
        ]
        rows.append((*row, *([amounts.get(to_ns(one.stamp))] if amounts else [])))
    title = f"{run.symbol}: windows that ended"
    return Table(title, tuple(columns), tuple(rows), _paid_notes(run, found))


def _paid_notes(run: FundingRun, found: Sequence[FundingWindow]) -> tuple[str, ...]:
    if not found:
        return ("No window ended in this range.",)
    exchanged = "what its stamp exchanged, for the whole window."
    if run.parts[-1].funding.accrual == "continuous":
        exchanged = "what passed in it, moment by moment; the venue has no stamps."
    notes = [
        "Premium: the window's average. Accruing: the rate at its last sample. Paid: " + exchanged
    ]
    short = [one for one in found if one.samples < one.expected]
    if short:
        notes.append(
            f"Windows with fewer samples than fit in: {len(short)}; they are made of those that "
            "there are, and the venue's own rate may differ."
        )
    begun = run.parts[0].history.edges_ns[0]
    if to_ns(found[0].start) == int(begun) and START_UNKNOWN in run.remarks:
        notes.append(START_UNKNOWN)
    notes += [
        f"New rules from {iso(part.begins)} on; --explain shows the latest."
        for part in run.parts[1:]
        if found[0].start <= part.begins <= found[-1].stamp
    ]
    return tuple(notes)


def _amounts(run: FundingRun) -> dict[int, float]:
    """Coin that a contract of one dollar paid in each window, where the venue fixes it so."""
    found: dict[int, float] = {}
    for part in run.parts:
        if part.funding.accrual == "fixed_amount":
            fixed = fixed_amounts(part.history)
            hours = (fixed.stamps_ns - fixed.starts_ns) / 3.6e12
            coins = (fixed.coin_per_contract_hour * hours).tolist()
            found.update(zip(fixed.stamps_ns.tolist(), coins, strict=True))
    return found


def funding_lines(run: FundingRun, now: Accrual) -> tuple[Line, ...]:
    """The numbers put into the accruing rate, and what came of them."""
    rule = run.parts[-1].funding
    unit = f"per {rule.rate_hours} h"
    lines = [
        Line("index", now.index_usd, "USD", run.source),
        Line("mark", now.mark_usd, "USD", "mark rule"),
        Line("hours to the next stamp", now.hours_to_stamp, "h", "funding stamps"),
    ]
    if rule.accrual != "continuous":
        made = "window before" if now.in_force_known else "not known, taken as zero"
        in_force = per_hours(now.in_force_8h, rule.rate_hours)
        lines.append(Line("rate in force", in_force, unit, made))
    if now.premium is not None:
        lines.append(Line("premium", now.premium, "fraction", "last sample"))
    continuous = rule.accrual == "continuous"
    average = now.premium if continuous else now.premium_average
    if average is not None:
        if not continuous:
            said = f"samples of the window: {now.samples}"
            if rule.weights == "rolling":
                said = f"samples of the last {rule.interval_hours} h"
            lines.append(Line("average premium", average, "fraction", said))
        lines.append(
            Line("rate before the cap", rate_from_premium(rule, average), unit, "funding rule")
        )
        lines.append(Line("rate within the cap", capped_rate(rule, average), unit, "funding rule"))
    lines.append(Line("accruing", now.accruing_8h, "per 8 h", "funding rule"))
    lines.append(Line("predicted", now.predicted_8h, "per 8 h", "if the premium stays"))
    return tuple(lines)
