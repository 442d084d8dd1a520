"""What was seen of one instrument over time: a snapshot an instant, in increasing time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from obverse.contracts.instants import iso
from obverse.errors import MarketDataError
from obverse.market.observations import Finding, Quote
from obverse.market.snapshots import Snapshot


@dataclass(frozen=True)
class QuoteHistory:
    """One instrument's checked instants.

    Attributes
    ----------
    snapshots : each holds this instrument alone; the door has checked every one
    findings : instants that the door refused; what it dropped is in each snapshot's own findings
    """

    symbol: str
    venue: str
    source: str
    snapshots: tuple[Snapshot, ...]
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a history without a usable instant, or out of order."""
        if not self.snapshots:
            reasons = "; ".join(map(str, self.findings)) or "there were no rows"
            raise MarketDataError(f"{self.symbol}: no usable instant in {self.source} ({reasons}).")
        for earlier, later in pairwise(self.snapshots):
            if later.at <= earlier.at:
                raise MarketDataError(f"{self.symbol}: {iso(later.at)} is late or there twice.")

    @property
    def underlying(self) -> str:
        """The coin it is on."""
        return self.snapshots[0].underlying

    @property
    def simulated(self) -> bool:
        """Whether any of it is simulated."""
        return any(snapshot.simulated for snapshot in self.snapshots)

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """The instrument's quote at each instant."""
        return tuple(snapshot[self.symbol] for snapshot in self.snapshots)
