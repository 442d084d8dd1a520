"""An arbitrage screen of six venues, once loaded: `benchmarks/arbitrage.py [--json] [-n 15]`.

200 instruments of five coins: spot, a perpetual and futures at each venue. Beside the screen, in
the same run and turn about, a pandas loop reckons the same net of every pair, a row at a time, as a
notebook would; both nets are compared first.
"""

import argparse
import json
import statistics
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from obverse.analysis.arbitrage import Assumptions, FundingOutlook, Leg, screen

LIMIT_MS = 50
AT = datetime(2026, 2, 1, 12, tzinfo=UTC)
VENUES = ("binance", "bitmex", "bybit", "deribit", "kraken", "okx")
COINS = {"BTC": 90_000.0, "ETH": 3_000.0, "SOL": 150.0, "XRP": 2.0, "LTC": 80.0}
EXPIRIES = (26, 54, 145, 236, 327)
INSTRUMENTS = 200


def legs():
    random = np.random.default_rng(7)
    found = []
    for venue in VENUES:
        for coin, price in COINS.items():
            found.append(leg(random, venue, coin, "spot", None, price))
            found.append(leg(random, venue, coin, "perpetual", None, price))
            for days in EXPIRIES:
                carry = 1 + 0.06 * days / 365
                found.append(leg(random, venue, coin, "future", days, price * carry))
    return found[:INSTRUMENTS]


def leg(random, venue, coin, contract, days, price):
    mark = price * (1 + 0.002 * random.normal())
    outlook = FundingOutlook(1e-4, 8e-5, 0.8, 5e-5, 270) if contract == "perpetual" else None
    return Leg(
        venue=venue,
        symbol=f"{coin}-{contract}-{days or ''}",
        underlying=coin,
        contract=contract,
        expiry=AT + timedelta(days=days) if days else None,
        mark_usd=mark,
        bid_usd=mark * 0.9999,
        ask_usd=mark * 1.0001,
        depth_usd=float(random.uniform(1e5, 1e7)),
        taker_fee_rate=0.0005,
        delivery_fee_rate=0.00015 if contract == "future" else 0.0,
        initial_margin_rate=1.0 if contract == "spot" else 0.02,
        funding=outlook,
    )


def by_pandas(found, assumed):
    """The net of every pair of two legs, a row at a time."""
    table = pd.DataFrame(
        [
            {
                "mid": (each.bid_usd + each.ask_usd) / 2,
                "half": (each.ask_usd - each.bid_usd) / (each.ask_usd + each.bid_usd),
                "taker": each.taker_fee_rate,
                "delivery": each.delivery_fee_rate,
                "margin": each.initial_margin_rate,
                "spot": each.contract == "spot",
                "years": (each.expiry - AT) / timedelta(days=365) if each.expiry else np.inf,
                "funding": each.funding,
            }
            for each in found.legs
        ]
    )
    nets = []
    for place, pair in enumerate(found.rows.pairs):
        if pair.sort == "curve":
            nets.append(np.nan)
            continue
        one, two = table.iloc[pair.one], table.iloc[pair.two]
        rich, cheap = (one, two) if one.mid >= two.mid else (two, one)
        years = min(one.years, two.years)
        years = assumed.horizon_days / 365 if np.isinf(years) else years
        net = np.log(rich.mid / cheap.mid)
        margin = 0.0
        for each, position in ((rich, -1), (cheap, 1)):
            delivered = each.years <= years
            net -= each.half * (1 if delivered else 2) + each.taker
            net -= each.delivery if delivered else each.taker
            net -= assumed.settlement_basis_bp / 1e4 if delivered else 0
            if each.funding is not None:
                net -= position * each.funding.expected(years)
            if each.spot:
                rate = assumed.dollar_rate - (
                    assumed.coin_yield if position > 0 else assumed.coin_borrow_rate
                )
                net -= position * rate * years
            margin += each.margin
        if pair.sort == "cross-venue":
            net -= assumed.withdrawal_days / 365 * assumed.dollar_rate * margin
        nets.append(net)
        assert place < len(found.rows.pairs)
    return np.array(nets)


def timed(work, *arguments):
    started = time.perf_counter()
    work(*arguments)
    return (time.perf_counter() - started) * 1000


def measured(repeats):
    """The screen beside the loop, compared first."""
    assumed, own, size = Assumptions(), legs(), Decimal(1_000_000)

    def run():
        return screen(own, AT, size, assumed, source="made")

    found = run()
    plain = by_pandas(found, assumed)
    pairs = ~np.isnan(plain)
    assert np.allclose(found.rows.net[pairs], plain[pairs], atol=1e-12)
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(timed(run))
        theirs.append(timed(by_pandas, found, assumed))
    return {
        "instruments": len(own),
        "rows": len(found),
        "screen_ms": {"median": statistics.median(ours), "min": min(ours), "max": max(ours)},
        "pandas_loop_ms": statistics.median(theirs),
        "ratio": statistics.median(b / a for a, b in zip(ours, theirs, strict=True)),
        "limit_ms": LIMIT_MS,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    result = measured(asked.n)
    if asked.json:
        print(json.dumps(result, indent=2))
    else:
        print("\n".join(f"{key}: {value}" for key, value in result.items()))


if __name__ == "__main__":
    main()
