"""The perpetual as the curve's short end, joined with the dated futures.

A perpetual has no expiry, but what its holder pays tells a carry: the yearly rate r that makes its
price fair. Conventions, of which a snapshot's own is named:

    accruing   the venue's running rate a per 8 hours, where it is given:      r = a·1095
    premium    else from c = perpetual/index, by the anchoring that pays the premium once in
               8 hours, κ = 1095 a year, and interest I = 1095·interest_8h besides:
               inverse  r = c·(κ + I) − κ          linear  r = κ − (κ − I)/c

The premium is that of the instant, before any clamp, dampener, averaging or cap of the venue. The
node stands `node_hours` ahead (8 to 24); dated futures that expire by then make way.

Source: Ackerer, Hugonnier and Jermann, *Perpetual Futures Pricing*, Mathematical Finance 2025,
Propositions 3 and 4 (an inverse contract in which longs pay I has iota = −I there); with I = 0 the
inverse rate is the premium scaled to a year, as in He, Manela, Ross and von Wachter 2022.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from obverse.contracts.instants import DAYS_PER_YEAR, Instant
from obverse.curves.histories import NS_PER_YEAR, CurveHistory
from obverse.curves.term_structure import HOURS_PER_YEAR
from obverse.errors import MarketDataError
from obverse.market.series.kinds import TICKERS
from obverse.market.store import Store, scan
from obverse.tables import Table, Tabular, number, percent, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
Payoff = Literal["inverse", "linear"]
FUNDING_HOURS = 8
KAPPA = HOURS_PER_YEAR / FUNDING_HOURS
DATED_DAYS = 7.0
PERPETUAL_NODE = "PERPETUAL"


@dataclass(frozen=True, repr=False, eq=False)
class JoinedCurves(Tabular):
    """Recorded curves that begin with the perpetual.

    Attributes
    ----------
    history : the curves, with a node `PERPETUAL` before the dated ones where there is a perpetual
    premiums : (n,) perpetual/index − 1
    short_rates : (n,) continuous yearly rate of the perpetual's node, NaN without a perpetual
    accruing : (n,) whether that is of the venue's accruing rate, not of the premium
    dated_rates : (n,) of the first listed future of `dated_days` or more, NaN without one
    """

    history: CurveHistory
    premiums: FloatArray
    short_rates: FloatArray
    accruing: NDArray[np.bool_]
    dated_rates: FloatArray
    payoff: Payoff
    interest_8h: float
    node_hours: float
    dated_days: float = DATED_DAYS
    warnings: tuple[str, ...] = field(default=())

    @property
    def underlying(self) -> str:
        """Coin that the curves are of."""
        return self.history.underlying

    @property
    def venue(self) -> str:
        """Where they were recorded."""
        return self.history.venue

    @property
    def source(self) -> str:
        """Where they were read."""
        return self.history.source

    @property
    def gaps(self) -> FloatArray:
        """(n,) the perpetual's rate less the first dated one's."""
        return self.short_rates - self.dated_rates

    def table(self) -> Table:
        """One row a snapshot: premium, its yearly rate, the dated rate, the gap."""
        columns = (
            text("at", "Snapshot (UTC)"),
            number("premium_bp", "Premium", "bp", signed=True),
            percent("short_rate", "Perpetual", unit="%/y"),
            text("convention", "By"),
            percent("dated_rate", "Dated", unit="%/y"),
            percent("gap", "Gap", unit="%/y"),
        )
        instants = self.history.instants_ns.astype("datetime64[ns]")
        names = ("premium", "accruing")
        rows = tuple(
            (
                f"{at}Z",
                _known(premium * 1e4),
                _known(short),
                names[accruing] if short == short else "",
                _known(dated),
                _known(short - dated),
            )
            for at, premium, short, accruing, dated in zip(
                np.datetime_as_string(instants, unit="s"),
                self.premiums.tolist(),
                self.short_rates.tolist(),
                self.accruing.tolist(),
                self.dated_rates.tolist(),
                strict=True,
            )
        )
        title = f"{self.underlying} at {self.venue}: the perpetual as the curve's short end"
        return Table(title, columns, rows, (*self._notes(), *self.warnings))

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the perpetual's rate beside the first dated one's through time (Matplotlib)."""
        from obverse.curves.history_plots import plot_joined

        return plot_joined(self, axes)

    def _notes(self) -> tuple[str, ...]:
        return (
            f"Yearly rates continuous, act/365; the perpetual stands {self.node_hours:g} hours "
            f"ahead, the dated future {self.dated_days:g} days or more.",
            f"By premium: {self.payoff} contract, kappa {KAPPA:g} a year, interest "
            f"{100 * self.interest_8h:g} % per 8 hours; before clamp, dampener and cap. "
            "By accruing: the venue's running rate, times 1095.",
            f"Source: {self.source}.",
        )


def perpetual_rates(
    ratios: FloatArray, *, payoff: Payoff = "inverse", interest_8h: float = 0.0
) -> FloatArray:
    """Yearly carry at which perpetual/index ratios are fair, without clamp or cap."""
    interest = KAPPA * interest_8h
    over: FloatArray = ratios - 1
    if payoff == "inverse":
        return KAPPA * over + interest * ratios
    return (KAPPA * over + interest) / ratios


def joined_curves(
    history: CurveHistory,
    *,
    accruing_8h: FloatArray | None = None,
    payoff: Payoff = "inverse",
    interest_8h: float = 0.0,
    node_hours: float = 8.0,
) -> JoinedCurves:
    """Put the perpetual before the dated futures of every snapshot, each from itself alone.

    `accruing_8h` is (n,), NaN where the venue gave none; `accruing_rates` reads it of a store.
    Raises `MarketDataError` for a payoff, a distance, rates or perpetual prices that cannot be.
    """
    _check(history, accruing_8h, payoff, interest_8h, node_hours)
    ratios = history.perpetual_usd / history.index_usd
    by_premium = perpetual_rates(ratios, payoff=payoff, interest_8h=interest_8h)
    given = np.full(len(history), np.nan) if accruing_8h is None else accruing_8h
    accruing = np.isfinite(given)
    short = np.where(accruing, given * KAPPA, by_premium)
    lacking = int(np.isnan(short).sum())
    told = [f"{lacking:,} snapshots have no perpetual: their curves begin with the dated ones."]
    return JoinedCurves(
        history=_with_node(history, short, node_hours),
        premiums=ratios - 1,
        short_rates=short,
        accruing=accruing,
        dated_rates=_dated_rates(history),
        payoff=payoff,
        interest_8h=interest_8h,
        node_hours=node_hours,
        warnings=(*history.warnings, *(told if lacking else [])),
    )


def accruing_rates(
    store: Store,
    history: CurveHistory,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
) -> FloatArray:
    """(n,) accruing rates per 8 hours that the perpetual's tickers gave with each snapshot."""
    import polars as pl

    rows = scan(store, TICKERS.name, venue=history.venue, since=since, until=until)
    own = rows.filter(
        pl.col("underlying") == history.underlying,
        pl.col("contract") == "perpetual",
        pl.col("funding_rate_8h").is_not_null(),
    ).with_columns(pl.coalesce("snapshot_time", "time").alias("at"))
    last = (
        own.sort("time").group_by("at", maintain_order=True).agg(pl.col("funding_rate_8h").last())
    )
    known = last.collect()
    instants = known["at"].to_physical().to_list()
    rates = dict(zip(instants, known["funding_rate_8h"].cast(pl.Float64).to_list(), strict=True))
    found = [rates.get(at, np.nan) for at in history.instants_ns.tolist()]
    return np.array(found, dtype=np.float64)


def _with_node(history: CurveHistory, short: FloatArray, node_hours: float) -> CurveHistory:
    node_ns = round(node_hours * NS_PER_YEAR / HOURS_PER_YEAR)
    owner = history.snapshot_of_node
    has = np.flatnonzero(np.isfinite(short))
    late = history.expiries_ns > history.instants_ns[owner] + node_ns
    kept = np.flatnonzero(late | np.isnan(short[owner]))
    expiries = history.instants_ns[has] + node_ns
    marks = history.index_usd[has] * np.exp(short[has] * node_ns / NS_PER_YEAR)
    snapshots = np.concatenate([has, owner[kept]])
    order = np.argsort(snapshots, kind="stable")  # the perpetual's node comes before the dated
    symbols = [PERPETUAL_NODE] * len(has) + [history.symbols[place] for place in kept.tolist()]
    counts = np.bincount(snapshots, minlength=len(history))
    return replace(
        history,
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        expiries_ns=np.concatenate([expiries, history.expiries_ns[kept]])[order],
        marks_usd=np.concatenate([marks, history.marks_usd[kept]])[order],
        listed=np.concatenate([np.ones(len(has), dtype=np.bool_), history.listed[kept]])[order],
        symbols=tuple(symbols[place] for place in order.tolist()),
    )


def _dated_rates(history: CurveHistory) -> FloatArray:
    own = np.flatnonzero(history.listed & (history.years >= DATED_DAYS / DAYS_PER_YEAR))[::-1]
    found = np.full(len(history), np.nan)
    found[history.snapshot_of_node[own]] = history.continuous_rates[own]  # the nearest stays
    return found


def _check(
    history: CurveHistory,
    accruing_8h: FloatArray | None,
    payoff: str,
    interest_8h: float,
    node_hours: float,
) -> None:
    if payoff not in ("inverse", "linear"):
        raise MarketDataError(f"payoff {payoff!r}: there are inverse and linear.")
    if not np.isfinite(interest_8h):
        raise MarketDataError(f"interest_8h {interest_8h}: a finite rate per 8 hours is expected.")
    if not 8 <= node_hours <= 24:
        raise MarketDataError(f"node_hours {node_hours}: 8 to 24 hours are expected.")
    if accruing_8h is not None and accruing_8h.shape != history.instants_ns.shape:
        raise MarketDataError(
            f"accruing_8h: {accruing_8h.shape} rates for {len(history):,} snapshots."
        )
    if accruing_8h is not None and np.isinf(accruing_8h).any():
        raise MarketDataError("accruing_8h: a rate is infinite; NaN is for what is not known.")
    prices = history.perpetual_usd
    if ((prices <= 0) | np.isinf(prices)).any():
        raise MarketDataError("perpetual prices must be finite and above zero, or NaN for none.")


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
