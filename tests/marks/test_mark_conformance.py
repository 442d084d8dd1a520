"""Every visible conformance row of marks passes, and so do further rows of the same quantities.

The further rows' truths are worked out here by hand or in plain arithmetic, not by the package.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from obverse.app.conformance.rows import Row, Tolerance
from obverse.app.conformance.run import run_files, run_rows

QUANTITIES = (
    "index_price", "impact_mid_price", "market_price", "mark_price", "fair_basis", "premium",
    "price_band", "funding_interest", "funding_rate", "funding_cap", "absolute_funding_rate",
    "funding_payment", "twap_funding", "delivery_window",
)  # fmt: skip


def test_every_visible_row_of_marks_passes() -> None:
    folder = Path(__file__).parents[2].parent / "shared" / "conformance"
    if not folder.exists():
        pytest.skip(f"no conformance rows at {folder}")
    found = run_files(sorted(folder.glob("*.jsonl")))
    rows = [outcome for outcome in found.outcomes if outcome.quantity in QUANTITIES]
    assert len(rows) >= 34
    assert [(row.id, row.reason) for row in rows if row.status != "pass"] == []


Case = tuple[str, str, str, str, dict[str, Any], dict[str, Any]]


def _source(price: str, weight: str = "1") -> dict[str, str]:
    return {"price": price, "weight": weight}


PERP, ETH_PERP = "BTC-PERPETUAL", "ETH-PERPETUAL"
FURTHER: dict[str, Case] = {
    # index: clamped on both sides; a later band at OKX; equal weights of two; plain weights
    "deribit eth": (
        "index_price", "deribit", "2024-01-01", ETH_PERP,
        {"sources": [_source("2000"), _source("2005"), _source("2100"), _source("1900")]},
        {"median": "2002.5", "clamped_prices": ["2000", "2005", "2012.5125", "1992.4875"],
         "index_price": "2002.5"},
    ),
    "deribit before the clamp": (
        "index_price", "deribit", "2019-06-01", PERP,
        {"sources": [_source("8000"), _source("8010"), _source("8040"), _source("9000")]},
        {"index_price": "8025"},
    ),
    "okx clamps at two per cent": (
        "index_price", "okx", "2024-09-01", "BTC-USD-SWAP",
        {"sources": [_source("60000", "0.5"), _source("61000", "0.3"), _source("70000", "0.2")]},
        {"median": "61000", "clamped_prices": ["60000", "61000", "62220"],
         "index_price": "60744"},
    ),
    "okx with two sources": (
        "index_price", "okx", "2024-09-01", "ETH-USD-SWAP",
        {"sources": [_source("3000", "0.9"), _source("3010", "0.1")]}, {"index_price": "3005"},
    ),
    "bitmex weights of 2021": (
        "index_price", "bitmex", "2021-01-15", "XBTUSD",
        {"sources": [_source("38000", "0.2881"), _source("38100", "0.055"),
                     _source("38010", "0.3807"), _source("37990", "0.0734"),
                     _source("38005", "0.2028")]},
        {"index_price": "38009.587"},
    ),
    # books
    "impact mid": (
        "impact_mid_price", "bitmex", "2024-11-24", "XBTUSD",
        {"impact_bid": "97850.3", "impact_ask": "97853.4", "tick_size": "0.1"},
        {"impact_mid_price": "97851.9"},
    ),
    "eth tick": (
        "impact_mid_price", "kraken", "2024-01-15", "PI_ETHUSD",
        {"impact_bid": "2500.04", "impact_ask": "2500.1", "tick_size": "0.05"},
        {"impact_mid_price": "2500.05"},
    ),
    "last below the bid": (
        "market_price", "deribit", "2017-01-15", "BTC-31MAR17",
        {"bid": "871", "ask": "871.5", "last": "869"}, {"market_price": "871"},
    ),
    # marks
    "bitmex below the index": (
        "mark_price", "bitmex", "2020-03-13", "XBTUSD",
        {"index_price": "5000", "funding_rate": "-0.00375", "interval_hours": "8",
         "hours_to_funding": "3"}, {"mark_price": "4992.97", "fair_basis": "-7.03"},
    ),
    "binance middle of three": (
        "mark_price", "binance", "2022-01-01", "BTCUSD_PERP",
        {"index_price": "40000", "funding_rate": "0.0001", "hours_to_funding": "4",
         "interval_hours": "8", "bid": "40010", "ask": "40020", "last": "40005"},
        {"mark_price": "40005"},
    ),
    "bybit middle of three": (
        "mark_price", "bybit", "2024-11-01", "BTCUSD",
        {"index_price": "70000", "funding_rate": "0.0002", "hours_to_funding": "2",
         "interval_hours": "8", "bid": "69990", "ask": "69991", "last": "70500"},
        {"mark_price": "70003.5", "fair_basis": "3.5"},
    ),
    "bybit price one alone": (
        "mark_price", "bybit", "2024-11-01", "BTCUSD",
        {"index_price": "9600", "funding_rate": "0.0001", "hours_to_funding": "6",
         "interval_hours": "8"}, {"mark_price": "9600.72"},
    ),
    "okx mid": (
        "mark_price", "okx", "2021-01-15", "BTC-USD-SWAP",
        {"index_price": "36000", "bid": "36010", "ask": "36011"},
        {"mark_price": "36010.5", "fair_basis": "10.5"},
    ),
    "deribit within half a per cent": (
        "mark_price", "deribit", "2019-01-15", PERP,
        {"index_price": "3600", "bid": "3640", "ask": "3641", "bound_rate": "0.005"},
        {"mark_price": "3618", "fair_basis": "18"},
    ),
    "deribit short of its bound": (
        "mark_price", "deribit", "2024-01-15", ETH_PERP,
        {"index_price": "2500", "bid": "2480", "ask": "2481", "bound_rate": "0.005"},
        {"mark_price": "2487.5"},
    ),
    "kraken mid": (
        "mark_price", "kraken", "2024-01-15", "PI_ETHUSD",
        {"index_price": "2500", "bid": "2501", "ask": "2502"}, {"mark_price": "2501.5"},
    ),
    "hourly fair basis": (
        "fair_basis", "bitmex", "2024-11-24", "XBTUSD",
        {"funding_rate": "-0.0001", "interval_hours": "2"}, {"fair_basis_rate": "-0.438"},
    ),
    # funding
    "premium below": (
        "premium", "kraken", "2020-01-15", "PI_ETHUSD",
        {"index_price": "200", "perpetual_price": "199.5"}, {"premium": "-0.0025"},
    ),
    "interest of a two hour window": (
        "funding_interest", "bitmex", "2020-04-01", "XBTUSD",
        {"quote_rate_daily": "0.0006", "base_rate_daily": "0.0003", "intervals_per_day": "12"},
        {"funding_interest": "0.000025"},
    ),
    "bitmex at its cap": (
        "funding_rate", "bitmex", "2018-06-01", "XBTUSD",
        {"premium": "0.01", "interest": "0.0001", "dampener": "0.0005"},
        {"funding_rate": "0.00375", "uncapped_funding_rate": "0.0095"},
    ),
    "bybit inside the clamp": (
        "funding_rate", "bybit", "2024-06-01", "BTCUSD",
        {"premium": "-0.0003", "interest": "0.0001", "dampener": "0.0005"},
        {"funding_rate": "0.0001"},
    ),
    "okx plain premium at its floor": (
        "funding_rate", "okx", "2021-06-01", "BTC-USD-SWAP",
        {"premium": "-0.005"}, {"funding_rate": "-0.00375", "uncapped_funding_rate": "-0.005"},
    ),
    "okx eth has twice the room": (
        "funding_rate", "okx", "2021-06-01", "ETH-USD-SWAP",
        {"premium": "-0.005"}, {"funding_rate": "-0.005"},
    ),
    "deribit outside the dampener": (
        "funding_rate", "deribit", "2024-06-01", PERP,
        {"mark_price": "69930", "index_price": "70000", "dampener": "0.00025"},
        {"funding_rate": "-0.00075"},
    ),
    "deribit's older dampener": (
        "funding_rate", "deribit", "2019-06-01", PERP,
        {"mark_price": "8008", "index_price": "8000", "dampener": "0.0005"},
        {"funding_rate": "0.0005"},
    ),
    "kraken floor": (
        "funding_rate", "kraken", "2023-06-01", "PI_XBTUSD",
        {"index_price": "7000", "perpetual_price": "6500", "coefficient": "24", "cap": "0.0025"},
        {"funding_rate": "-0.0025"},
    ),
    "ether cap": (
        "funding_cap", "bitmex", "2018-09-01", "ETHUSD",
        {"initial_rate": "0.02", "maintenance_rate": "0.01", "intervals_per_day": "3"},
        {"funding_cap_daily": "0.0225"},
    ),
    "kraken ether a contract": (
        "absolute_funding_rate", "kraken", "2024-01-15", "PI_ETHUSD",
        {"relative_funding_rate": "-0.0002", "index_price": "2500"},
        {"absolute_funding_rate": "-0.00000008"},
    ),
    # payments: XBTUSD by satoshi a lot of 100; a short receives what a long pays
    "bitmex long": (
        "funding_payment", "bitmex", "2018-06-01", "XBTUSD",
        {"side": "long", "contracts": "10000", "mark_price": "8000", "rate": "0.0001"},
        {"funding_payment": "-0.000125"},
    ),
    "deribit ether short": (
        "funding_payment", "deribit", "2024-06-01", ETH_PERP,
        {"side": "short", "usd_amount": "10000", "mark_price": "2500", "rate": "0.0003"},
        {"funding_payment": "0.0012", "funding_payment_usd": "3"},
    ),
    "kraken on the index": (
        "funding_payment", "kraken", "2024-01-15", "PI_XBTUSD",
        {"side": "short", "contracts": "10000", "mark_price": "7000", "rate": "0.0005"},
        {"funding_payment": "0.000714285714"},
    ),
    "binance contracts of 100": (
        "funding_payment", "binance", "2022-01-01", "BTCUSD_PERP",
        {"side": "long", "contracts": "20", "mark_price": "40000", "rate": "-0.0001"},
        {"funding_payment": "0.000005"},
    ),
    # delivery windows around each change
    "binance the day of the change": (
        "delivery_window", "binance", "2024-11-11", "BTCUSD_241227", {},
        {"window_minutes": "30", "samples": "1800"},
    ),
    "bybit": (
        "delivery_window", "bybit", "2023-12-01", "BTCUSDZ23", {},
        {"window_minutes": "30", "samples": "1800"},
    ),
    "deribit newer": (
        "delivery_window", "deribit", "2020-06-01", "ETH-25SEP20",
        {"sample_interval_seconds": "4"}, {"window_minutes": "30", "samples": "450"},
    ),
    "okx before": (
        "delivery_window", "okx", "2026-03-17", "BTC-USD-260327",
        {"sample_interval_seconds": "0.2"}, {"window_minutes": "60", "samples": "18000"},
    ),
    "okx after": (
        "delivery_window", "okx", "2026-03-18", "ETH-USD-260626", {},
        {"window_minutes": "30", "samples": "9000"},
    ),
    "kraken in summer": (
        "delivery_window", "kraken", "2024-07-01", "FI_XBTUSD_240726", {},
        {"window_minutes": "60"},
    ),
    "bitmex quarterly": (
        "delivery_window", "bitmex", "2019-06-01", "XBTM19", {}, {"window_minutes": "30"},
    ),
    # limits
    "deribit's own band": (
        "price_band", "deribit", "2025-12-10", PERP, {"mark_price": "90000"},
        {"max_price": "91350", "min_price": "88650"},
    ),
    "vega below its floor": (
        "twap_funding", "generic", "2024-10-22", "",
        {"perpetual_twap": "900", "spot_twap": "1000", "rate_lower": "-0.05"},
        {"payment": "-50", "funding_rate": "-0.05"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FURTHER)
def test_a_further_row_passes(name: str) -> None:
    quantity, venue, as_of, instrument, given, expect = FURTHER[name]
    row = Row(
        id=name, venue=venue, as_of=as_of, instrument=instrument or None, quantity=quantity,
        given=given, expect=expect, tolerance=Tolerance(kind="absolute", value="1e-9"),
    )  # fmt: skip
    (outcome,) = run_rows([row]).outcomes
    assert outcome.status == "pass", (outcome.reason, outcome.got)
