"""What QuantConnect LEAN's paths tell: market, resolution, symbol, day, and our names for them.

LEAN lays its data out as

    crypto/coinbase/minute/btcusd/20161007_trade.zip         also tick, second
    crypto/coinbase/daily/btcusd_quote.zip                   also hour
    cryptofuture/binance/margin_interest/btcusd.csv

and writes a symbol as two currencies in lower case. The venue's own name follows from LEAN's table
of symbols (`symbol-properties-database.csv`): `btcusd` of Binance's futures is `BTCUSD_PERP`, of
Coinbase `BTC-USD`, of Bitfinex `tBTCUSD`. What ends in `busd` may be BUSD, or USD of a coin that
ends in B, and is refused. All futures are perpetuals there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

from obverse.errors import MarketDataError

Content: TypeAlias = Literal["trade", "quote", "margin_interest"]
VolumeUnit: TypeAlias = Literal["volume_contracts", "volume_coin"]

INTERVALS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "daily": timedelta(days=1),
}
"""Lengths of the bars of each resolution."""

_PATH = re.compile(
    r"(?:.*/)?(?P<security>crypto|cryptofuture)/(?P<market>[a-z0-9]+)/(?:"
    r"(?P<fine>second|minute)/(?P<fine_symbol>[a-z0-9]+)/(?P<day>\d{8})_(?P<fine_content>trade|quote)\.zip"
    r"|(?P<coarse>hour|daily)/(?P<coarse_symbol>[a-z0-9]+)_(?P<coarse_content>trade|quote)\.zip"
    r"|margin_interest/(?P<funded_symbol>[a-z0-9]+)\.csv)"
)
_PAIR = re.compile(
    r"(?!.*busd$)(?P<coin>[a-z0-9]{2,}?)(?P<quote>usdt|usdc|usd1|usd|eur|gbp|btc|eth)"
)


@dataclass(frozen=True)
class LeanFile:
    """What the path of a file of LEAN's tells.

    Attributes
    ----------
    security : `crypto` is spot, `cryptofuture` a perpetual
    resolution : empty of funding
    day : the day a file of seconds or minutes is of; others are of all days
    """

    security: str
    market: str
    symbol: str
    content: Content
    resolution: str
    day: datetime | None

    @property
    def member(self) -> str:
        """How the name of the one file in the zip begins."""
        if self.day is None:
            return self.symbol
        return f"{self.day:%Y%m%d}_{self.symbol}_{self.resolution}_{self.content}"


@dataclass(frozen=True)
class Series:
    """Our names for a market and symbol, and what its volumes count."""

    venue: str
    instrument: str
    volume: VolumeUnit


def lean_file(path: Path) -> LeanFile | None:
    """Read a path; None for one that is none of LEAN's, or of a day there never was."""
    found = _PATH.fullmatch(path.absolute().as_posix())
    if found is None:
        return None
    try:
        day = (
            datetime.strptime(found["day"], "%Y%m%d").replace(tzinfo=UTC) if found["day"] else None
        )
    except ValueError:
        return None
    told = found["fine_content"] or found["coarse_content"]
    content: Content = (
        "margin_interest" if told is None else "quote" if told == "quote" else "trade"
    )
    return LeanFile(
        security=found["security"],
        market=found["market"],
        symbol=found["fine_symbol"] or found["coarse_symbol"] or found["funded_symbol"],
        content=content,
        resolution=found["fine"] or found["coarse"] or "",
        day=day,
    )


def series_of(told: LeanFile) -> Series:
    """Name the series of a file.

    Raises `MarketDataError` for a market whose names are not known, and a symbol that is no pair.
    """
    pair = _PAIR.fullmatch(told.symbol)
    if pair is None:
        raise MarketDataError(
            f"{told.symbol} is no pair of currencies that can be told apart, such as btcusd."
        )
    coin, quote = pair["coin"].upper(), pair["quote"].upper()
    known = _spot(coin, quote) if told.security == "crypto" else _futures(coin, quote)
    if told.market not in known:
        raise MarketDataError(
            f"{told.symbol} of {told.market} ({told.security}): the venue's own name for it is not "
            f"known; it is of {', '.join(known)}."
        )
    return known[told.market]


def _spot(coin: str, quote: str) -> dict[str, Series]:
    plain, hyphened = f"{coin}{quote}", f"{coin}-{quote}"
    names = {
        "coinbase": ("coinbase", hyphened),
        "gdax": ("coinbase", hyphened),
        "bitfinex": ("bitfinex", f"t{plain}"),
        "binance": ("binance_spot", plain),
        "binanceus": ("binanceus", plain),
        "bybit": ("bybit_spot", plain),
    }
    return {market: Series(*name, "volume_coin") for market, name in names.items()}


def _futures(coin: str, quote: str) -> dict[str, Series]:
    """Names of perpetuals; those on dollars are inverse, and count contracts, but for dYdX."""
    plain = f"{coin}{quote}"
    if quote == "USD":
        return {
            "binance": Series("binance", f"{plain}_PERP", "volume_contracts"),
            "bybit": Series("bybit", plain, "volume_contracts"),
            "dydx": Series("dydx", f"{coin}-{quote}", "volume_coin"),
        }
    return {
        "binance": Series("binance_usdm", plain, "volume_coin"),
        **({"bybit": Series("bybit", plain, "volume_coin")} if quote == "USDT" else {}),
    }
