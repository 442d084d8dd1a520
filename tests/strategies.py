"""What Hypothesis draws from, shared by the tests: prices, trades, instruments, instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from obverse.contracts import Instrument, Inverse, Linear, Payoff, Quanto
from obverse.rulebooks import rulebook, venue_file, venues

Trade = tuple[int, Decimal]
"""Lots, signed, and the price at which they were filled."""

NEWEST = datetime(2031, 1, 1, tzinfo=UTC)
"""Where the dates drawn for a venue that still trades end."""

prices = st.decimals("0.01", 1_000_000, places=2)
lots = st.integers(1, 1_000_000)
signed_lots = st.integers(-1_000_000, 1_000_000).filter(bool)
multipliers = st.sampled_from([Decimal(text) for text in ("0.000001", "0.01", "1", "10", "100")])
payoffs: st.SearchStrategy[Payoff] = st.builds(
    lambda kind, multiplier: kind(multiplier),
    st.sampled_from([Inverse, Linear, Quanto]),
    multipliers,
)
trades = st.tuples(signed_lots, prices)
histories = st.lists(trades, min_size=1, max_size=8)

LISTED = {
    "XBTUSD, lot 1": ("bitmex", "XBTUSD", "2019-01-01"),
    "XBTUSD, lot 100": ("bitmex", "XBTUSD", "2022-01-01"),
    "ETHUSD quanto": ("bitmex", "ETHUSD", "2022-01-01"),
    "BTCUSD": ("bybit", "BTCUSD", "2022-01-01"),
    "BTC-PERPETUAL": ("deribit", "BTC-PERPETUAL", "2022-01-01"),
}
"""Instruments whose venues round: by satoshi a lot, up, and to the nearest 1e-9."""


def listed(name: str) -> Instrument:
    """One of the rounding instruments, from its venue's real rulebook."""
    venue, symbol, as_of = LISTED[name]
    return rulebook(venue, as_of=as_of).instrument(symbol)


rounded = st.sampled_from(sorted(LISTED)).map(listed)
unrounded = st.one_of(
    st.builds(
        Instrument.generic,
        st.sampled_from(["inverse", "linear", "quanto"]),
        multipliers,
        st.just("BTC"),
    ),
    rounded.map(Instrument.without_rounding),
)
instruments = rounded | unrounded


def life(venue: str) -> tuple[datetime, datetime]:
    """First instant of a venue's rules, and the first after them."""
    file = venue_file(venue)
    return file.begins, file.until or NEWEST


@st.composite
def venue_days(draw: st.DrawFn) -> tuple[str, datetime]:
    """Draw a shipped venue and an instant in its life."""
    venue = draw(st.sampled_from(venues()))
    first, end = life(venue)
    seconds = draw(st.integers(0, int((end - first).total_seconds()) - 1))
    return venue, first + timedelta(seconds=seconds)
