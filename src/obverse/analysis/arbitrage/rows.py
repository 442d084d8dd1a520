"""Every arbitrage between some legs, reckoned at once on arrays.

A row buys the leg that is cheap and sells the one that is rich, for the same dollars. Over the time
until their prices meet, as fractions of those dollars:

    gross     ln(mid of what is sold / mid of what is bought)
    spread    half of each leg's spread, once more for legs that are traded out of again
    fees      taker on each trade, delivery where a future is held to it
    funding   received less paid on perpetuals, as expected
    money     dollars for a coin bought, less its yield; on a coin sold, dollars less its loan
    basis     what a settlement may miss, for each future held to delivery
    delay     margin that waits while coins are on their way between venues
    net       gross + funding + money − spread − fees − basis − delay

Return on margin is net over the margin bound, per year, simple. A coin that is bought is paid
whole, and is the margin of what is sold on it; a coin sold short is lent against its own value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from obverse.analysis.arbitrage.assumptions import Assumptions
from obverse.analysis.arbitrage.legs import Leg
from obverse.analysis.arbitrage.outlooks import expected_sums, sum_deviations
from obverse.analysis.arbitrage.pairs import Pair, pairs
from obverse.contracts.instants import DAYS_PER_YEAR, years_between
from obverse.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FloatArray: TypeAlias = "NDArray[np.float64]"
_BP = 1e-4


@dataclass(frozen=True, eq=False)
class Rows:
    """All rows; amounts are fractions of the size.

    Attributes
    ----------
    pairs : (m,) what each row is made of
    sells_first : (m,) whether the pair's first leg is the one that is sold
    years : (m,) until the prices meet, or the horizon
    funding_deviation : (m,) standard deviation of `funding`
    capital : (m,) margin bound
    depth_usd : (m,) what the thinnest leg can trade at its best price; NaN where not recorded
    """

    pairs: tuple[Pair, ...]
    sells_first: NDArray[np.bool_]
    years: FloatArray
    gross: FloatArray
    spread: FloatArray
    fees: FloatArray
    funding: FloatArray
    funding_deviation: FloatArray
    money: FloatArray
    basis: FloatArray
    delay: FloatArray
    capital: FloatArray
    depth_usd: FloatArray

    @property
    def net(self) -> FloatArray:
        """What is left after everything."""
        costs = self.spread + self.fees + self.basis + self.delay
        return self.gross + self.funding + self.money - costs

    @property
    def return_on_margin(self) -> FloatArray:
        """Net over the margin bound, per year, simple."""
        return self.net / self.capital / self.years


def rows(legs: Sequence[Leg], at: datetime, assumed: Assumptions) -> Rows:
    """Reckon every arbitrage at an instant. Raises `DataError` where no two legs make one."""
    found = pairs(legs, at)
    if not found:
        raise DataError("no two of these instruments make an arbitrage; give more of one coin.")
    table = _table(legs, at)
    places = np.array([(p.one, p.two, p.two if p.three < 0 else p.three) for p in found]).T
    near = np.array([pair.near_weight for pair in found])
    weights = np.stack([np.ones(len(found)), near, 1 - near])
    level = np.log(table["mid"])[places]
    gap = level[0] - (weights[1:] * level[1:]).sum(axis=0)
    sells = gap >= 0
    position = weights * np.where(sells, 1.0, -1.0) * np.array([[-1.0], [1.0], [1.0]])
    horizon = assumed.horizon_days / DAYS_PER_YEAR
    ends = table["years"][places]
    years = np.minimum(np.where(weights > 0, ends, np.inf).min(axis=0), 1e9)
    years = np.where(np.isfinite(ends).any(axis=0) & (years < 1e9), years, horizon)
    delivered = ends <= years
    parts = _Parts(table, places, position, delivered, years, assumed)
    capital = parts.capital()
    across = np.array([pair.sort == "cross-venue" for pair in found])
    waits = across * assumed.withdrawal_days / DAYS_PER_YEAR * assumed.dollar_rate
    return Rows(
        pairs=tuple(found),
        sells_first=sells,
        years=years,
        gross=np.abs(gap),
        spread=parts.spread(),
        fees=parts.fees(),
        funding=parts.funding(),
        funding_deviation=parts.funding_deviation(),
        money=parts.money(),
        basis=(parts.size * delivered).sum(axis=0) * assumed.settlement_basis_bp * _BP,
        delay=waits * capital,
        capital=capital,
        depth_usd=parts.depth_usd(),
    )


def _table(legs: Sequence[Leg], at: datetime) -> dict[str, FloatArray]:
    """What the legs say, an array a field."""
    unknown = (0.0, 0.0, 0.0, 0.0)
    quotes = [
        (leg.bid_usd, leg.ask_usd)
        if leg.bid_usd is not None and leg.ask_usd is not None
        else (leg.mark_usd, leg.mark_usd)
        for leg in legs
    ]
    bid, ask = np.array(quotes).T
    outlook = np.array(
        [(f.now, f.mean, f.persistence, f.shock) if (f := leg.funding) else unknown for leg in legs]
    ).T
    return {
        "mid": (bid + ask) / 2,
        "half": (ask - bid) / (ask + bid),
        "years": np.array(
            [years_between(at, leg.expiry) if leg.expiry else np.inf for leg in legs]
        ),
        "taker": np.array([leg.taker_fee_rate for leg in legs]),
        "delivery": np.array([leg.delivery_fee_rate for leg in legs]),
        "margin": np.array([leg.initial_margin_rate for leg in legs]),
        "depth": np.array([np.nan if leg.depth_usd is None else leg.depth_usd for leg in legs]),
        "spot": np.array([leg.contract == "spot" for leg in legs], dtype=np.float64),
        "now": outlook[0],
        "mean": outlook[1],
        "persistence": outlook[2],
        "shock": outlook[3],
    }


@dataclass(frozen=True, eq=False)
class _Parts:
    """The parts of every row; arrays are (3, m), a line a leg."""

    table: dict[str, FloatArray]
    places: NDArray[np.int64]
    position: FloatArray
    delivered: NDArray[np.bool_]
    years: FloatArray
    assumed: Assumptions

    @property
    def size(self) -> FloatArray:
        return np.abs(self.position)

    def of(self, name: str) -> FloatArray:
        return self.table[name][self.places]

    def spread(self) -> FloatArray:
        trades = np.where(self.delivered, 1.0, 2.0)
        paid: FloatArray = (self.size * self.of("half") * trades).sum(axis=0)
        return paid

    def fees(self) -> FloatArray:
        leaving = np.where(self.delivered, self.of("delivery"), self.of("taker"))
        paid: FloatArray = (self.size * (self.of("taker") + leaving)).sum(axis=0)
        return paid

    def funding(self) -> FloatArray:
        sums = expected_sums(self.of("now"), self.of("mean"), self.of("persistence"), self.years)
        paid: FloatArray = (self.position * sums).sum(axis=0)
        return -paid

    def funding_deviation(self) -> FloatArray:
        """Perpetuals' surprises are taken as independent."""
        each = self.size * sum_deviations(self.of("shock"), self.of("persistence"), self.years)
        whole: FloatArray = np.sqrt((each**2).sum(axis=0))
        return whole

    def money(self) -> FloatArray:
        coins = self.position * self.of("spot")
        bought = -(self.assumed.dollar_rate - self.assumed.coin_yield)
        sold = self.assumed.dollar_rate - self.assumed.coin_borrow_rate
        rate = np.where(coins > 0, bought, sold)
        earned: FloatArray = (np.abs(coins) * rate).sum(axis=0) * self.years
        return earned

    def capital(self) -> FloatArray:
        spot = self.of("spot")
        margins = (self.size * self.of("margin") * (1 - spot)).sum(axis=0)
        bought = (np.maximum(self.position, 0) * spot).sum(axis=0)
        sold = (np.maximum(-self.position, 0) * spot).sum(axis=0)
        bound: FloatArray = np.where(bought > 0, np.maximum(bought, margins), margins + sold)
        return bound

    def depth_usd(self) -> FloatArray:
        with np.errstate(divide="ignore"):
            each = np.where(self.size > 0, self.of("depth") / self.size, np.inf)
        thinnest: FloatArray = each.min(axis=0)
        return thinnest
