"""The contracts of a venue as ccxt names them, and the venue's own names behind.

ccxt's `BTC/USD:BTC` and `BTC/USD:BTC-261225` are names of its own; series are filed under the
venue's: `BTC-PERPETUAL`, `BTCUSD_261225`, in upper case as the venue's documents have it. Only
inverse contracts are read: settled in the coin they are on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from obverse.contracts.instruments import Kind
from obverse.errors import DataError, MarketDataError, ObverseError, SymbolError
from obverse.market.live.exchanges import Exchange
from obverse.rulebooks import rulebook

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXCLUDED = "it is no perpetual or future that settles in its coin"


@dataclass(frozen=True)
class Contract:
    """An inverse contract.

    Attributes
    ----------
    name : the venue's own name
    unified : ccxt's name
    contract : perpetual or future
    contract_usd : dollars (quote currency) of one contract, where that is known
    listing : first trading, where that is known
    """

    name: str
    unified: str
    underlying: str
    quote: str
    contract: str
    expiry: datetime | None = None
    contract_usd: float | None = None
    listing: datetime | None = None

    def answers_to(self, name: str) -> bool:
        """Whether a name is this contract's, in either form and any case, or its coin."""
        return name.upper() in (self.name.upper(), self.unified, self.underlying)


def of_milliseconds(milliseconds: float) -> datetime:
    """Instant of milliseconds since 1970 UTC. Raises `MarketDataError` beyond the calendar."""
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except (OverflowError, ValueError):
        raise MarketDataError(f"{milliseconds} is no time in milliseconds.") from None


def to_milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970 UTC."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def is_inverse(market: Mapping[str, Any]) -> bool:
    """Whether a market structure is of a perpetual or future settled in the coin it is on."""
    derivative = bool(market.get("swap") or market.get("future"))
    return derivative and market.get("settle") is not None and market["settle"] == market["base"]


def of_market(exchange: Exchange, market: Mapping[str, Any]) -> Contract:
    """Make a contract of a market structure. Raises `MarketDataError` for one that is not inverse.

    A perpetual's expiry, which some venues set to a year far away, is none.
    """
    try:
        if not is_inverse(market):
            raise MarketDataError(f"{exchange.venue} {market.get('symbol')}: {_EXCLUDED}.")
        is_dated = not market.get("swap")
        created, expiry = market.get("created"), market.get("expiry") if is_dated else None
        return Contract(
            name=str(market["id"]).upper(),
            unified=market["symbol"],
            underlying=market["base"],
            quote=market["quote"],
            contract="future" if is_dated else "perpetual",
            expiry=of_milliseconds(expiry) if expiry else None,
            contract_usd=exchange.contract_usd or market.get("contractSize"),
            listing=of_milliseconds(created) if created else None,
        )
    except (KeyError, TypeError) as error:
        raise MarketDataError(f"{exchange.venue}: a market lacks {error}.") from None


def of_name(exchange: Exchange, unified: str, at: datetime) -> Contract:
    """Make a contract of ccxt's name alone, by the venue's rules of an instant.

    Raises `MarketDataError` for a name that the rules do not know.
    """
    try:
        rules = rulebook(exchange.venue, as_of=at)
    except ObverseError:
        rules = rulebook(exchange.venue)
    try:
        found = rules.instrument(unified)
    except DataError as error:
        raise MarketDataError(
            f"{exchange.venue} {unified} has no name of the venue's own: {error}"
        ) from None
    if found.kind not in (Kind.PERPETUAL, Kind.FUTURE) or found.unified != unified:
        raise MarketDataError(f"{exchange.venue} {unified}: {_EXCLUDED}.")
    return Contract(
        name=found.symbol,
        unified=unified,
        underlying=found.underlying,
        quote=found.quote,
        contract=found.kind.value,
        expiry=found.expiry,
        contract_usd=float(found.payoff.multiplier),
    )


def chosen(venue: str, contracts: Sequence[Contract], names: Iterable[str]) -> tuple[Contract, ...]:
    """Pick the contracts that some names are of, each once; no names pick all.

    A name is a coin (all contracts on it), the venue's own, or ccxt's. Raises `SymbolError` for one
    that is none of these.
    """
    wanted = tuple(names)
    if not wanted:
        return tuple(contracts)
    found: dict[str, Contract] = {}
    for name in wanted:
        own = {each.name: each for each in contracts if each.answers_to(name)}
        if not own:
            known = {word for each in contracts for word in (each.name, each.underlying)}
            raise SymbolError(name, f"among the inverse contracts of {venue}", known)
        found |= own
    return tuple(found.values())
