"""Rows as other suites may have them, worked out by hand or in fractions, not with Obverse.

Expiries listed at an instant are those that the venue itself had listed in a captured record.
"""

from __future__ import annotations

from typing import Any

import pytest

from obverse.app.conformance import run_rows

EXACT: dict[str, Any] = {"kind": "exact"}


def near(value: str) -> dict[str, Any]:
    return {"kind": "absolute", "value": value}


def places(count: int, rounding: str = "nearest") -> dict[str, Any]:
    return {"kind": "decimals", "places": count, "rounding": rounding}


def trade(side: str, size: str, entry: str, **more: str) -> dict[str, Any]:
    return {"side": side, "contracts": size, "entry_price": entry} | more


def fills(*items: tuple[str, str, str], **more: Any) -> list[dict[str, Any]]:
    return [{"side": s, "contracts": n, "price": p} | more for s, n, p in items]


VENUES: list[tuple[str, str, str, str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # 1e8/5000.5 = 19998.0002 satoshi a contract
    ("bitmex", "2020-03-13", "XBTUSD", "contract_value",
     {"contracts": "30000", "price": "5000.5"}, {"contract_value": "5.9994"}, EXACT),
    # 1e10/41800.5 = 239231.588 satoshi a lot
    ("bitmex", "2022-01-10", "XBTUSD", "contract_value",
     {"contracts": "30000", "price": "41800.5"}, {"contract_value": "0.717696"}, EXACT),
    # 243899 less 238095 satoshi a lot, a hundred lots
    ("bitmex", "2022-01-10", "XBTH22", "pnl",
     trade("short", "10000", "42000", exit_price="41000.5"), {"pnl": "0.005804"}, EXACT),
    # a half of a satoshi goes up: 1e10/64000 = 156250 exactly, 1e8/64000 = 1562.5
    ("bitmex", "2021-04-14", "XBTUSD", "contract_value",
     {"contracts": "1000", "price": "64000"}, {"contract_value": "0.01563"}, EXACT),
    ("bitmex", "2019-07-01", "ETHUSD", "pnl",
     trade("long", "5000", "200.05", exit_price="210.1"), {"pnl": "0.05025"}, EXACT),
    ("bitmex", "2019-07-01", "ETHUSD", "unrealized_pnl",
     trade("short", "5000", "200.05", mark_price="210.1"), {"unrealized_pnl": "-0.05025"}, EXACT),
    ("bitmex", "2019-06-20", "XBTM19", "fee",
     {"contracts": "10000", "price": "9999.5", "liquidity": "delivery", "rate": "0.0005"},
     {"fee": "0.00050005"}, EXACT),
    ("bitmex", "2019-03-01", "XBTUSD", "fee",
     {"contracts": "10000", "price": "8000", "liquidity": "maker"}, {"fee": "-0.0003125"}, EXACT),
    ("bitmex", "2020-06-01", "XBTM20", "expiry", {}, {"expiry": "2020-06-26T12:00:00Z"}, EXACT),
    ("bitmex", "2021-12-01", "XBTZ21", "expiry", {}, {"expiry": "2021-12-31T12:00:00Z"}, EXACT),
    ("bitmex", "2026-05-01", "XBTM26-XBTU26", "expiry",
     {}, {"expiry": "2026-06-26T12:00:00Z"}, EXACT),
    ("bitmex", "2021-07-22", "XBTUSD", "listed_expiries", {"at": "2021-07-22T22:00:00Z"},
     {"expiries": ["2021-09-24T12:00:00Z", "2021-12-31T12:00:00Z"]}, EXACT),
    ("bitmex", "2020-03-01", "XBTUSD", "position_size",
     {"margin": "0.25", "price": "8000", "leverage": "10"}, {"contracts": "20000"}, EXACT),
    ("deribit", "2025-11-10", "ETH-PERPETUAL", "contract_value",
     {"usd_amount": "5000", "price": "2500"}, {"contract_value": "2"}, EXACT),
    # 100,000/55,000 less 100,000/60,000
    ("deribit", "2024-06-01", "BTC-PERPETUAL", "pnl",
     {"side": "short", "usd_amount": "100000", "entry_price": "60000", "exit_price": "55000"},
     {"pnl": "0.15151515", "pnl_usd": "8333.33333333"}, places(8)),
    ("deribit", "2025-11-10", "BTC-14NOV25", "fee",
     {"usd_amount": "10000", "price": "100000", "liquidity": "maker"}, {"fee": "-0.00001"}, EXACT),
    ("deribit", "2020-03-27", "BTC-26JUN20", "average_entry",
     {"side": "short", "fills": [{"usd_amount": "30000", "price": "6000"},
                                 {"usd_amount": "20000", "price": "8000"},
                                 {"usd_amount": "10000", "price": "5000", "side": "buy"}]},
     {"average_price": "6666.666667", "cost": "6.0"}, near("0.0000005")),
    ("deribit", "2026-02-01", "BTC-PERPETUAL", "listed_expiries", {"at": "2026-02-01T00:00:00Z"},
     {"expiries": [f"2026-{day}T08:00:00Z" for day in
                   ("02-06", "02-13", "02-27", "03-27", "06-26", "09-25", "12-25")]}, EXACT),
    ("deribit", "2021-07-22", "BTC-PERPETUAL", "listed_expiries", {"at": "2021-07-22T20:00:00Z"},
     {"expiries": [f"{day}T08:00:00Z" for day in
                   ("2021-07-23", "2021-07-30", "2021-08-27", "2021-09-24", "2021-12-31",
                    "2022-03-25", "2022-06-24")]}, EXACT),
    ("deribit", "2026-06-01", "BTC-FS-25DEC26_25SEP26", "combo_price",
     {"far_price": "78000", "near_price": "78100.5"}, {"combo_price": "-100.5"}, EXACT),
    ("deribit", "2026-06-01", "BTC-FS-25DEC26_25SEP26", "expiry",
     {}, {"expiry": "2026-09-25T08:00:00Z"}, EXACT),
    ("deribit", "2026-02-01", "BTC-PERPETUAL", "expiry", {}, {"expiry": None}, EXACT),
    ("deribit", "2019-06-20", "BTC-PERPETUAL", "hedge",
     {"coin_holding": "1", "side": "short", "usd_amount": "7255", "entry_price": "7255",
      "exit_price": "14510"}, {"pnl": "-0.5", "usd_value": "7255"}, near("1e-9")),
    ("deribit", "2024-06-01", "BTC-PERPETUAL", "volume_weighted_price",
     {"turnover": "3", "contracts": "20000"},
     {"volume_weighted_price": "66666.67"}, places(2)),
    ("binance", "2021-04-01", "ETHUSD_PERP", "pnl",
     trade("long", "100", "1500", exit_price="1800"), {"pnl": "0.11111111"}, EXACT),
    ("binance", "2021-04-01", "BTCUSD_210625", "expiry",
     {}, {"expiry": "2021-06-25T08:00:00Z"}, EXACT),
    ("binance", "2021-07-21", "BTCUSD_PERP", "listed_expiries", {"at": "2021-07-21T03:00:00Z"},
     {"expiries": ["2021-09-24T08:00:00Z", "2021-12-31T08:00:00Z"]}, EXACT),
    ("binance", "2020-09-25", "BTCUSD_PERP", "listed_expiries", {"at": "2020-09-25T09:00:00Z"},
     {"expiries": ["2020-12-25T08:00:00Z", "2021-03-26T08:00:00Z"]}, EXACT),
    ("binance", "2022-06-01", "BTCUSD_PERP", "position_size",
     {"margin": "0.5", "price": "30000", "leverage": "20"}, {"contracts": "3000"}, EXACT),
    # buys 0.5 coin, closes at 0.4, opens a short of 0.6 that is 0.625 at the mark
    ("binance", "2022-06-01", "BTCUSD_PERP", "equity",
     {"starting_balance": "1", "mark_price": "24000",
      "fills": fills(("buy", "100", "20000"), ("sell", "250", "25000"), fee_rate="0.0005")},
     {"equity": "1.12425", "position_contracts": "-150"}, EXACT),
    ("bybit", "2020-04-10", "BTCUSD", "equity",
     {"starting_balance": "0.1", "funding": ["0.00001", "-0.000002"],
      "fills": [{"side": "sell", "contracts": "1000", "price": "10000", "fee_rate": "-0.00025"},
                {"side": "buy", "contracts": "400", "price": "8000", "fee": "0.000037"}]},
     {"equity": "0.109996", "position_contracts": "-600"}, EXACT),
    ("bybit", "2023-09-01", "ETHUSD", "unrealized_pnl",
     trade("short", "2000", "1600", mark_price="1700"), {"unrealized_pnl": "-0.07352941"}, EXACT),
    ("bybit", "2022-01-05", "BTCUSDH22", "expiry", {}, {"expiry": "2022-03-25T08:00:00Z"}, EXACT),
    ("bybit", "2021-12-01", "BTCUSD", "listed_expiries", {"at": "2021-12-01T00:00:00Z"},
     {"expiries": ["2021-12-24T08:00:00Z", "2022-03-25T08:00:00Z"]}, EXACT),
    ("okx", "2024-01-15", "BTC-USD-SWAP", "pnl",
     trade("short", "50", "40000", exit_price="32000"), {"pnl": "0.03125"}, EXACT),
    ("okx", "2024-01-15", "ETH-USD-SWAP", "position_size",
     {"usd_amount": "2500"}, {"contracts": "250"}, EXACT),
    ("okx", "2024-01-15", "BTC-USD-SWAP", "return_on_equity",
     trade("short", "20", "25000", mark_price="20000", leverage="5", mode="cross"),
     {"return_on_equity": "1.25", "return_on_value": "0.25"}, EXACT),
    ("okx", "2019-10-01", "XRP-USD-SWAP", "contract_value",
     {"contracts": "3", "price": "0.24"}, {"contract_value": "125"}, EXACT),
    ("okx", "2024-12-18", "BTC-USD-241220", "expiry",
     {}, {"expiry": "2024-12-20T08:00:00Z"}, EXACT),
    ("okx", "2024-01-15", "BTC-USD-SWAP", "volume_weighted_price",
     {"turnover": "2", "contracts": "500"}, {"volume_weighted_price": "25000"}, EXACT),
    ("kraken", "2022-06-01", "PI_ETHUSD", "pnl",
     trade("short", "10000", "3000", exit_price="2500"), {"pnl": "0.666667"}, places(6)),
    ("kraken", "2021-05-01", "FI_XBTUSD_210625", "expiry",
     {}, {"expiry": "2021-06-25T15:00:00Z"}, EXACT),
    ("kraken", "2020-11-01", "FI_XBTUSD_201225", "expiry",
     {}, {"expiry": "2020-12-25T16:00:00Z"}, EXACT),
    # two days before the clocks change in London
    ("kraken", "2020-03-01", "FI_XBTUSD_200327", "expiry",
     {}, {"expiry": "2020-03-27T16:00:00Z"}, EXACT),
    ("kraken", "2021-07-22", "PI_XBTUSD", "listed_expiries", {"at": "2021-07-22T20:00:00Z"},
     {"expiries": ["2021-07-30T15:00:00Z", "2021-09-24T15:00:00Z", "2021-12-31T16:00:00Z"]}, EXACT),
    ("kraken", "2021-07-22", "PI_XRPUSD", "fee",
     {"contracts": "10000", "price": "0.5", "liquidity": "taker"}, {"fee": "10"}, EXACT),
    ("kraken", "2023-01-10", "PI_XBTUSD", "average_entry",
     {"side": "long", "fills": [{"contracts": "5000", "price": "27000"},
                                {"contracts": "7000", "price": "28000"}]},
     {"average_price": "27574.4680851"}, near("6e-8")),
]  # fmt: skip


GENERIC: list[tuple[str, str, str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("linear", "0.01", "pnl", trade("short", "100", "2000", exit_price="1900"),
     {"pnl": "100", "pnl_usd": "100"}, EXACT),
    ("quanto", "0.0001", "pnl", trade("long", "1000", "500", exit_price="400"),
     {"pnl": "-10"}, EXACT),
    # through zero: 60 left of 100 at 10, the other 40 open at 25
    ("inverse", "1", "average_entry",
     {"side": "long", "fills": fills(("buy", "100", "10"), ("sell", "40", "20"),
                                     ("sell", "100", "25"))},
     {"average_price": "25", "cost": "1.6"}, EXACT),
    ("inverse", "10", "average_entry",
     {"side": "long", "fills": [{"usd_amount": "1000", "price": "100"},
                                {"usd_amount": "2000", "price": "200"}]},
     {"average_price": "150", "cost": "20"}, EXACT),
    # what a partial close leaves is the old average, to the last digit that is compared
    ("inverse", "1", "average_entry",
     {"side": "short", "fills": fills(("sell", "700", "30000"), ("sell", "600", "31000"),
                                      ("buy", "123", "29000"))},
     {"average_price": "30453.4005037783375314861460957178841309824"},
     {"kind": "relative", "value": "1e-15"}),
    ("inverse", "1", "hedge",
     trade("long", "10000", "20000", coin_holding="1.5", exit_price="25000"),
     {"pnl": "0.1", "coin_total": "1.6", "usd_value": "40000"}, EXACT),
    ("inverse", "1", "fee",
     {"contracts": "1", "price": "3", "liquidity": "taker", "rate": "0.01"},
     {"fee": "0.00333334"}, places(8, "up")),
    ("inverse", "1", "pnl", trade("long", "1", "3", exit_price="6"),
     {"pnl": "0.16"}, places(2, "down")),
    # 50,000 · e^0.02
    ("inverse", "1", "carry_price",
     {"spot_price": "50000", "rate": "0.05", "storage_rate": "0.01",
      "convenience_yield": "0.02", "maturity_years": "0.5"},
     {"future_price": "51010.0670013378"}, {"kind": "relative", "value": "1e-14"}),
    ("inverse", "1", "return_on_equity",
     trade("long", "500", "250", unrealized_pnl="0.3", leverage="20"),
     {"return_on_equity": "3", "return_on_value": "0.15"}, EXACT),
    # long 300 at 100 is 3 coins; 100 leave with 1 for 0.5; the rest leaves with 2 for 4
    ("inverse", "1", "equity",
     {"starting_balance": "10", "fills": fills(("buy", "300", "100"), ("sell", "100", "200"),
                                               ("sell", "200", "50"), fee="0.01")},
     {"equity": "8.47", "position_contracts": "0"}, EXACT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("venue", "as_of", "instrument", "quantity", "given", "expect", "tolerance"),
    VENUES,
    ids=[f"{item[0]}-{item[2]}-{item[3]}-{number}" for number, item in enumerate(VENUES)],
)
def test_a_venues_row_passes(
    row, venue, as_of, instrument, quantity, given, expect, tolerance
) -> None:
    made = row(
        quantity,
        given,
        expect,
        venue=venue,
        as_of=as_of,
        instrument=instrument,
        contract=None,
        tolerance=tolerance,
    )
    (outcome,) = run_rows([made]).outcomes
    assert (outcome.status, outcome.reason) == ("pass", "")


@pytest.mark.parametrize(
    ("payoff", "multiplier", "quantity", "given", "expect", "tolerance"),
    GENERIC,
    ids=[f"{item[0]}-{item[2]}-{number}" for number, item in enumerate(GENERIC)],
)
def test_a_generic_row_passes(row, payoff, multiplier, quantity, given, expect, tolerance) -> None:
    contract = {"payoff": payoff, "multiplier": multiplier, "settlement_currency": "BTC"}
    made = row(quantity, given, expect, contract=contract, tolerance=tolerance)
    (outcome,) = run_rows([made]).outcomes
    assert (outcome.status, outcome.reason) == ("pass", "")
