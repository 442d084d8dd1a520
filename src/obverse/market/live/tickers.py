"""ccxt's tickers as series: what each venue shows of a contract, put together from its answers.

A ticker in ccxt's form has prices; open interest, volume and funding stand in the venue's own
answer (`info`), each in a unit of its own, and some prices in other answers. Structures of one
contract are merged, the first that says a thing kept.

- `time` is the latest time that any of them has, when all of it was known. Bybit's have none and
  Kraken's that of the last trade: theirs is the instant of the snapshot.
- ccxt calls Bybit's volume in dollars `baseVolume`, and its volume in coin `quoteVolume`; and it
  divides Kraken's absolute funding rate, coin per contract, by the mark, where an inverse contract
  has it multiplied. Both are read from `info`.
- Deribit's summaries of a coin have no index price; `estimated_delivery_price` of the perpetual,
  which is never delivered, is it.
- Funding rates are those that accrue, brought to 8 hours: Deribit `current_funding`; Binance
  `lastFundingRate` of 8 hours; Bybit and OKX that of their interval; Kraken's of one hour.
- Open interest and volume are in the venue's contracts (Deribit: dollars), times their dollars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from obverse.market.live.contracts import Contract, of_milliseconds
from obverse.market.live.exchanges import Exchange
from obverse.market.live.structures import Structure, number, part
from obverse.market.observations import Finding
from obverse.market.series.kinds import TICKERS
from obverse.market.series.parts import Part

Values = dict[str, float | None]
_PRICES = {"mark": "markPrice", "index": "indexPrice", "bid": "bid", "ask": "ask", "last": "last"}
_EIGHT_HOURS = 8.0
_MS_PER_HOUR = 3_600_000
_MINUTES_PER_HOUR = 60


def tickers_part(
    exchange: Exchange,
    contract: Contract,
    structures: Iterable[Structure],
    *,
    snapshot_time: datetime | None = None,
    local_time: datetime | None = None,
) -> Part:
    """One contract's ticker, of all structures about it.

    A ticker that has no time, nor a snapshot's, is dropped and told.
    """
    told = list(structures)
    info = _merged(each.get("info") or {} for each in told)
    prices = {name: number(_first(told, key)) or None for name, key in _PRICES.items()}
    own = _READERS[exchange.venue](info, contract, prices)
    moment = _moment(exchange, told) or snapshot_time
    name = f"{exchange.venue} {contract.name} tickers"
    row = {
        "time": moment,
        "local_time": local_time,
        "snapshot_time": snapshot_time,
        "underlying": contract.underlying,
        "quote": contract.quote,
        "contract": contract.contract,
        "expiry": contract.expiry,
        "listed": True,
        **prices,
        **own,
    }
    if moment is None:
        what = "a ticker without a time of its own or of its snapshot"
        return part(exchange, contract.name, TICKERS, [], Finding("dropped", name, what))
    return part(exchange, contract.name, TICKERS, [row])


def latest(exchange: Exchange, structures: Iterable[Structure]) -> datetime | None:
    """The latest time of tickers, where they have one."""
    return _moment(exchange, structures)


def shows(structures: Iterable[Structure]) -> bool:
    """Whether structures of a contract have a price of its own, not only the index."""
    own = [key for name, key in _PRICES.items() if name != "index"]
    return any(number(each.get(key)) for each in structures for key in own)


def _moment(exchange: Exchange, structures: Iterable[Structure]) -> datetime | None:
    if not exchange.ticker_is_stamped:
        return None
    stamps = [stamp for each in structures if (stamp := number(each.get("timestamp")))]
    return of_milliseconds(max(stamps)) if stamps else None


def _first(structures: Iterable[Structure], key: str) -> Any:
    return next((each[key] for each in structures if each.get(key) is not None), None)


def _merged(infos: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for info in infos:
        whole = {**info, **whole}
    return whole


def _deribit(info: Structure, contract: Contract, prices: Values) -> Values:
    is_perpetual = contract.contract == "perpetual"
    estimated = number(info.get("estimated_delivery_price")) if is_perpetual else None
    stats = info.get("stats") or info
    return {
        "index": prices["index"] or estimated,
        "open_interest_usd": number(info.get("open_interest")),
        "volume_24h_usd": number(stats.get("volume_usd")),
        "funding_rate_8h": number(info.get("current_funding")),
    }


def _binance(info: Structure, contract: Contract, prices: Values) -> Values:
    rate = number(info.get("lastFundingRate"))
    return {
        **_contracts(info.get("openInterest"), info.get("volume"), contract),
        "funding_rate_8h": rate if contract.contract == "perpetual" else None,
    }


def _bybit(info: Structure, contract: Contract, prices: Values) -> Values:
    hours = number(info.get("fundingIntervalHour"))
    if hours is None:
        minutes = number(info.get("fundingInterval"))
        hours = _EIGHT_HOURS if minutes is None else minutes / _MINUTES_PER_HOUR
    return {
        **_contracts(info.get("openInterest"), info.get("volume24h"), contract),
        "funding_rate_8h": _of_8_hours(info.get("fundingRate"), hours),
    }


def _okx(info: Structure, contract: Contract, prices: Values) -> Values:
    now, then = number(info.get("fundingTime")), number(info.get("nextFundingTime"))
    hours = (then - now) / _MS_PER_HOUR if now and then else _EIGHT_HOURS
    return {
        **_contracts(info.get("oi"), info.get("vol24h"), contract),
        "funding_rate_8h": _of_8_hours(info.get("fundingRate"), hours),
    }


def _kraken(info: Structure, contract: Contract, prices: Values) -> Values:
    absolute, mark = number(info.get("fundingRate")), prices["mark"]
    hourly = None if absolute is None or mark is None else absolute * mark
    return {
        **_contracts(info.get("openInterest"), info.get("vol24h"), contract),
        "funding_rate_8h": None if hourly is None else hourly * _EIGHT_HOURS,
    }


def _of_8_hours(rate: Any, hours: float) -> float | None:
    own = number(rate)
    return None if own is None or hours <= 0 else own * _EIGHT_HOURS / hours


def _contracts(open_interest: Any, volume: Any, contract: Contract) -> Values:
    """Contracts, and their dollars where a contract's are known."""
    open_contracts, traded = number(open_interest), number(volume)
    size = contract.contract_usd
    return {
        "open_interest_contracts": open_contracts,
        "open_interest_usd": _times(open_contracts, size),
        "volume_24h_usd": _times(traded, size),
    }


def _times(count: float | None, size: float | None) -> float | None:
    return None if count is None or size is None else count * size


_READERS: Mapping[str, Callable[[Structure, Contract, Values], Values]] = {
    "deribit": _deribit,
    "binance": _binance,
    "bybit": _bybit,
    "okx": _okx,
    "kraken": _kraken,
}
