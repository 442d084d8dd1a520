"""A coin's exposure by where it is held and by when it delivers.

A place's dollar delta counts the coins kept there (a holding's `place` is a venue's name, or any
other word), since they move with the price as its positions do; an expiry's counts its positions
alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from obverse.contracts import iso
from obverse.risk.leverage import effective_leverage

if TYPE_CHECKING:
    from obverse.risk.exposure import BookExposure, PositionExposure


@dataclass(frozen=True)
class GroupExposure:
    """One place, one expiry, or everything of a coin; fields as in `CoinExposure`.

    `effective_leverage` is gross notional settled in the coin over the coin kept and gained there;
    none for an expiry, or where nothing stands behind the positions. `pnl_coin` is none where no
    position is settled in the coin.
    """

    name: str
    notional_usd: Decimal
    pnl_coin: Decimal | None
    pnl_usd: Decimal
    coin_delta: float
    dollar_delta_usd: float
    coin_convexity: float
    dollar_convexity: float
    effective_leverage: float | None


def by_group(exposure: BookExposure, coin: str) -> tuple[GroupExposure, ...]:
    """A coin's places, then its expiries near to far, then the total.

    Deltas are those of positions on the coin; gains are those settled in it. The total equals the
    coin's row in `BookExposure.coins`.
    """
    items = [p for p in exposure.positions if coin in (p.underlying, p.pnl.currency.code)]
    holdings = [held for held in exposure.book.holdings if held.currency == coin]
    places = dict.fromkeys([*(item.venue for item in items), *(held.place for held in holdings)])
    groups = [
        _group(
            exposure,
            coin,
            f"at {place or 'no named place'}",
            [item for item in items if item.venue == place],
            sum((held.amount for held in holdings if held.place == place), Decimal(0)),
        )
        for place in places
    ]
    groups += [
        _group(exposure, coin, name, members, None) for name, members in _by_expiry(items).items()
    ]
    everything = sum((held.amount for held in holdings), Decimal(0))
    return (*groups, _group(exposure, coin, "total", items, everything))


def _by_expiry(items: Iterable[PositionExposure]) -> dict[str, list[PositionExposure]]:
    found: dict[str, list[PositionExposure]] = {}
    for item in items:
        name = iso(item.expiry)[:10] if item.expiry else "perpetual"
        found.setdefault(name, []).append(item)
    return dict(sorted(found.items(), key=lambda pair: (pair[0] != "perpetual", pair[0])))


def _group(
    exposure: BookExposure,
    coin: str,
    name: str,
    items: list[PositionExposure],
    held: Decimal | None,
) -> GroupExposure:
    index = exposure.price_of(coin)
    moved = [item for item in items if item.underlying == coin]
    settled = [item for item in items if item.pnl.currency.code == coin]
    pnl = sum((item.pnl.coins for item in settled), Decimal(0))
    delta = sum(item.coin_delta for item in moved)
    counted = delta if held is None else delta + float(held + pnl)
    return GroupExposure(
        name=name,
        notional_usd=sum((item.notional_usd for item in moved), Decimal(0)),
        pnl_coin=pnl if settled or not items else None,
        pnl_usd=sum((item.pnl_usd.coins for item in items), Decimal(0)),
        coin_delta=delta,
        dollar_delta_usd=counted * float(index),
        coin_convexity=sum(item.coin_convexity for item in moved if item in settled),
        dollar_convexity=sum(item.dollar_convexity for item in moved),
        effective_leverage=_leverage_of(settled, held, pnl, index),
    )


def _leverage_of(
    items: list[PositionExposure], held: Decimal | None, pnl: Decimal, index: Decimal
) -> float | None:
    if held is None:
        return None
    gross = sum((abs(item.notional_usd) for item in items), Decimal(0))
    return effective_leverage(gross, (held + pnl) * index)
