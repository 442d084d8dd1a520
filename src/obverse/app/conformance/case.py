"""A row made ready to compute: its numbers, its instrument, its venue's rules of that day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from obverse.app.conformance.rows import Row
from obverse.contracts import Instrument, Position, exact, fill
from obverse.errors import DataError
from obverse.rulebooks import Rulebook, rulebook

GENERIC = "generic"
OPENING = {"long": 1, "short": -1, "buy": 1, "sell": -1}


@dataclass(frozen=True)
class Case:
    """A row with what its numbers mean. `unrounded`: compute without the venue's rounding."""

    row: Row
    unrounded: bool = False

    def __contains__(self, key: str) -> bool:
        """Whether an input is given."""
        return key in self.row.given

    def text(self, key: str) -> str:
        """A word given."""
        value = self.row.given[key]
        if not isinstance(value, str):
            raise DataError(f"given {key}: expected text, found {value!r}.")
        return value

    def number(self, key: str) -> Decimal:
        """A number given, exact."""
        return exact(self.text(key), f"given {key}")

    def real(self, key: str) -> float:
        """A number given, for pricing in floats."""
        return float(self.number(key))

    def rules(self) -> Rulebook:
        """The venue's rules on the row's day, or at the instant it asks about."""
        moment = self.text("at") if "at" in self else self.row.as_of
        return rulebook(self.row.venue, as_of=moment)

    def instrument(self) -> Instrument:
        """The contract: the venue's own, or the generic one that the row describes."""
        found = self._generic() if self.row.venue == GENERIC else self._listed()
        if "multiplier" in self:
            payoff = replace(found.payoff, multiplier=self.number("multiplier"))  # type: ignore[type-var]
            found = replace(found, payoff=payoff)
        return found.without_rounding() if self.unrounded else found

    def _listed(self) -> Instrument:
        if self.row.instrument is None:
            raise DataError("instrument: a venue's row must name one.")
        return self.rules().instrument(self.row.instrument)

    def _generic(self) -> Instrument:
        contract = self.row.contract
        if contract is None:
            raise DataError("contract: a generic row must describe one.")
        return Instrument.generic(
            contract.payoff, contract.multiplier, contract.settlement_currency
        )

    def size(self, source: Mapping[str, Any] | None = None) -> Decimal:
        """Contracts given as such, or as dollars."""
        given = self.row.given if source is None else source
        if "usd_amount" in given:
            return self.instrument().contracts_of(given["usd_amount"])
        return exact(given["contracts"], "given contracts")

    def sign(self) -> int:
        """+1 for a long or a buy, -1 for a short or a sale."""
        return direction(self.text("side"))

    def position(self, price: str = "entry_price") -> Position:
        """The position opened by one fill at a given price."""
        flat = Position.flat(self.instrument())
        return fill(flat, self.sign() * self.size(), self.number(price))


def direction(side: str) -> int:
    """+1 for a long or a buy, -1 for a short or a sale."""
    if side not in OPENING:
        raise DataError(f"side {side!r}: expected one of {', '.join(OPENING)}.")
    return OPENING[side]
