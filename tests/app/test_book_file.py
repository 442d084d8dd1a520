from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from obverse.app.book_file import read_book, read_book_file
from obverse.errors import DataError, LocatedError

AT = datetime(2026, 2, 1, tzinfo=UTC)

GOOD = """name = "Desk"

[assumptions]
dollar_rate = 0.04
spot_fee = 0.001
coin_yield = { BTC = 0.01 }

[[holdings]]
currency = "BTC"
amount = 1.5
place = "vault"

[[positions]]
venue = "deribit"
instrument = "BTC-PERPETUAL"
side = "short"
usd_amount = 1_000
entry_price = 84_000.5

[[positions]]
venue = "binance"
instrument = "BTC/USD:BTC"
fills = [
  { side = "buy", contracts = 10, price = 80_000 },
  { side = "sell", contracts = 4, price = 90_000 },
]

[index.BTC]
Coinbase = 0.75
Kraken = 0.25
"""


def _faults(text: str, at: datetime = AT) -> list[str]:
    with pytest.raises(LocatedError) as caught:
        read_book(text, "desk.toml", at)
    return str(caught.value).split("\n")


def _changed(old: str, new: str) -> list[str]:
    assert old in GOOD
    return _faults(GOOD.replace(old, new, 1))


def test_a_good_book() -> None:
    book, assumed = read_book(GOOD, "desk.toml", AT)
    assert book.name == "Desk"
    assert [(item.currency, item.amount, item.place) for item in book.holdings] == [
        ("BTC", Decimal("1.5"), "vault")
    ]
    short, long = book.positions
    assert (short.instrument.symbol, short.contracts) == ("BTC-PERPETUAL", -100)
    assert short.cost.coins == Decimal("-0.011904691")
    assert (long.instrument.symbol, long.contracts) == ("BTCUSD_PERP", 6)
    assert long.realized.coins == Decimal("0.00055556")
    assert [source.weight for source in book.index_composition["BTC"]] == [
        Decimal("0.75"),
        Decimal("0.25"),
    ]
    assert (assumed.dollar_rate, assumed.spot_fee) == (Decimal("0.04"), Decimal("0.001"))


@pytest.mark.parametrize(
    ("name", "title", "holdings", "contracts"),
    [
        ("miner", "Miner with 100 BTC", 3, [-200_000, -150_000]),
        ("basis_desk", "Basis desk", 3, [-370_000, 5_000, -50_000, -1_900_000]),
        ("leveraged_long", "Leveraged long", 1, [60_000]),
    ],
)
def test_the_examples_load(examples: Path, name, title, holdings, contracts) -> None:
    book, _ = read_book_file(examples / f"{name}.toml", AT)
    assert book.name == title
    assert len(book.holdings) == holdings
    assert [position.contracts for position in book.positions] == contracts


def test_there_are_three_examples(examples: Path) -> None:
    names = {path.stem for path in examples.glob("*.toml")}
    assert names - {"scenarios"} == {"miner", "basis_desk", "leveraged_long"}


def test_a_book_without_a_name_has_the_files() -> None:
    assert read_book(GOOD.split("\n", 1)[1], "a/desk.toml", AT)[0].name == "desk"


VENUE = r"desk.toml:14: positions\[0\].venue: No rulebook 'deribut'.*Did you mean deribit"
SYMBOL = r"desk.toml:15: positions\[0\].instrument: No instrument 'BTC-PERPETUL'.*BTC-PERPETUAL"
ABOVE_ZERO = r"desk.toml:18: positions\[0\].entry_price: price: {} is not above zero"
FINITE = r"desk.toml:18: positions\[0\].entry_price: {} is not finite"
WHOLE = r"desk.toml:17: positions\[0\].{}: {} contracts: expected a whole number above zero"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"deribit"', '"deribut"', VENUE),
        ("BTC-PERPETUAL", "BTC-PERPETUL", SYMBOL),
        ("BTC-PERPETUAL", "BTC-30JAN26", r":15: .*BTC-30JAN26 expired on 2026-01-30 08:00 UTC"),
        ("BTC-PERPETUAL", "BTC-FS-25DEC26_PERP", r":15: .*legs BTC-25DEC26 and BTC-PERPETUAL"),
        ("usd_amount = 1_000\n", "usd_amount = 1_000\ncontracts = 100\n",
         r":18: positions\[0\].contracts: give contracts or usd_amount, one of the two"),
        ("usd_amount = 1_000\n", "", r":13: .*give contracts or usd_amount, one of the two"),
        ("usd_amount = 1_000", "usd_amount = 1_005",
         r":17: positions\[0\].usd_amount: .*1005 is not a whole number of BTC-PERPETUAL"),
        ("usd_amount = 1_000", "usd_amount = 0", WHOLE.format("usd_amount", 0)),
        ("usd_amount = 1_000", "contracts = -5", WHOLE.format("contracts", -5)),
        ("usd_amount = 1_000", "contracts = 1.5", WHOLE.format("contracts", "1.5")),
        ("84_000.5", "-1", ABOVE_ZERO.format("-1")),
        ("84_000.5", "0", ABOVE_ZERO.format("0")),
        ("84_000.5", "nan", FINITE.format("NaN")),
        ("84_000.5", "inf", FINITE.format("Infinity")),
        ("84_000.5", "true", r":18: positions\[0\].entry_price: Expected `decimal"),
        ("84_000.5", "1." + "1" * 70, r":18: positions\[0\].entry_price: .*more than 60 digits"),
        ("entry_price = 84_000.5\n", "", r":13: positions\[0\].entry_price: missing"),
        ('side = "short"\n', "", r":13: positions\[0\].side: missing; expected long or short"),
        ('"short"', '"shrt"', r":16: positions\[0\].side: .*'shrt'"),
        ("entry_price", "entry_prise", r":18: .*unknown field 'entry_prise'; did .*'entry_p"),
        ("fills = [", 'side = "long"\nfills = [', r":23: positions\[1\].side: give fills, or"),
        ("contracts = 10,", "contracts = 10, usd_amount = 1,",
         r":24: positions\[1\].fills\[0\].contracts: give contracts or usd_amount"),
        ("price = 90_000", "price = -1", r":25: positions\[1\].fills\[1\].price: .*above zero"),
        ('"sell"', '"sel"', r":25: positions\[1\].fills\[1\].side: .*'sel'"),
        ("amount = 1.5", "amount = nan", r":10: holdings\[0\].amount: NaN is not finite"),
        ("amount = 1.5", "amount = 1." + "1" * 70, r":10: holdings\[0\].amount: .*60 digits"),
        ("amount = 1.5", 'amount = "much"', r":10: holdings\[0\].amount: "),
        ('currency = "BTC"', 'currency = "btc"', r":9: holdings\[0\].currency: 'btc' is not a"),
        ("Kraken = 0.25", "Kraken = 0.2", r":28: index.BTC: weights sum to 0.95; expected 1"),
        ("Kraken = 0.25", "Kraken = 0.5\nGemini = -0.25", r":28: index.BTC: .*none below zero"),
        ("Kraken = 0.25", "Kraken = nan", r":30: index.BTC.Kraken: NaN is not finite"),
        ("dollar_rate = 0.04", "dollar_rate = 4", r":4: assumptions.dollar_rate: 4 is 400%"),
        ("spot_fee = 0.001", "spot_fee = -1", r":5: assumptions.spot_fee: -1 is -100%"),
        ("BTC = 0.01", "BTC = 1", r":6: assumptions.coin_yield.BTC: 1 is 100%"),
        ("dollar_rate = 0.04", "dolar_rate = 0.04", r":4: .*did you mean 'dollar_rate'"),
        ("dollar_rate = 0.04", "dollar_rate = [{ years = 2, rate = 0.1 }, { years = 1, rate = 0 }]",
         r":4: assumptions.dollar_rate: .*ascend"),
        ('name = "Desk"', 'nam = "Desk"', r":1: nam: unknown field 'nam'; did you mean 'name'"),
        ('name = "Desk"', "name = Desk", r":1: not TOML: "),
    ],
)  # fmt: skip
def test_a_fault_says_file_line_field_and_reason(old: str, new: str, fault: str) -> None:
    (found,) = _changed(old, new)
    assert found.startswith("desk.toml:")
    assert re.search(fault, found), found


@pytest.mark.parametrize("text", ["", 'name = "Empty"\n', "holdings = []\n"])
def test_an_empty_book_says_what_to_add(text: str) -> None:
    assert _faults(text) == ["desk.toml: the book holds nothing: add [[holdings]]"]


def test_several_faults_are_all_reported_at_once() -> None:
    text = (
        GOOD.replace('currency = "BTC"', 'currency = "btc"')
        .replace('"deribit"', '"deribut"')
        .replace("price = 90_000", "price = 0")
        .replace("Kraken = 0.25", "Kraken = 0.3")
        .replace("spot_fee = 0.001", "spot_fee = 10")
    )
    lines = sorted(int(fault.split(":")[1]) for fault in _faults(text))
    assert lines == [5, 9, 14, 25, 28]


def test_several_numbers_that_are_not_finite_are_all_reported() -> None:
    text = GOOD.replace("1.5", "nan").replace("84_000.5", "inf")
    assert [fault.split(":")[1] for fault in _faults(text)] == ["10", "18"]


def test_a_venue_that_closed_is_refused_by_its_date() -> None:
    text = GOOD.replace('"deribit"', '"bitmex"').replace("BTC-PERPETUAL", "XBTUSD")
    assert read_book(text, "desk.toml", AT)[0].positions[0].instrument.symbol == "XBTUSD"
    (found,) = _faults(text, datetime(2026, 10, 1, tzinfo=UTC))
    assert found.startswith("desk.toml:14: positions[0].venue: BitMEX closed on 2026-09-23")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(DataError, match=re.escape(str(path))):
            read_book_file(path, AT)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"binary\.toml: the book cannot be read"):
        read_book_file(binary, AT)


MARGINED = (
    GOOD.replace(
        "entry_price = 84_000.5\n", 'entry_price = 84_000.5\nmode = "isolated"\nleverage = 5\n'
    )
    + """
[[orders]]
venue = "deribit"
instrument = "BTC-PERPETUAL"
side = "sell"
usd_amount = 2_000
price = 90_000
leverage = 10

[[accounts]]
venue = "binance"
coin = "BTC"
haircuts = { USDC = 0.05 }
"""
)


def test_margin_orders_and_accounts() -> None:
    book, _ = read_book(MARGINED, "desk.toml", AT)
    isolated, plain = book.settings
    assert (isolated.mode, isolated.leverage, isolated.posted) == ("isolated", Decimal(5), None)
    assert (plain.mode, plain.leverage) == ("cross", None)
    (order,) = book.orders
    assert (order.contracts, order.price, order.leverage) == (-200, Decimal(90_000), Decimal(10))
    assert book.account("binance", "BTC").haircuts == {"USDC": Decimal("0.05")}
    assert book.account("deribit", "BTC").mode == "cross"


def test_orders_alone_are_a_book() -> None:
    text = "[[orders]]" + MARGINED.split("[[orders]]")[1].split("[[accounts]]")[0]
    book, _ = read_book(text, "orders.toml", AT)
    assert [order.contracts for order in book.orders] == [-200]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('mode = "isolated"', 'mode = "isolatd"', r":19: positions\[0\].mode: .*'isolatd'"),
        ("leverage = 5\n", "", r":19: positions\[0\].mode: an isolated position needs its"),
        ("leverage = 5\n", "leverage = 0\n", r":20: positions\[0\].leverage: 0 is not above"),
        ("leverage = 5\n", "leverage = nan\n", r":20: positions\[0\].leverage: NaN is not"),
        ("leverage = 5\n", "margin = -1\n", r":20: positions\[0\].margin: -1 is not above zero"),
        ('mode = "isolated"\nleverage = 5', "margin = 1",
         r":19: positions\[0\].margin: margin is posted behind isolated positions"),
        ("leverage = 5\n", "leverage = 500\n",
         r":20: positions\[0\].leverage: 500x is above the 50x that deribit gives"),
        ("leverage = 5\n", "leverage = 5\nmargin = 1\n", r":21: .*margin: give margin or"),
        ("leverage = 5\n", "leverege = 5\n", r":20: .*did you mean 'leverage'"),
        ('"sell"\nusd', '"short"\nusd', r"orders\[0\].side: .*'short'"),
        ("price = 90_000\nlev", "price = 90_000.3\nlev",
         r"orders\[0\].price: price: 90000.3 is not a multiple of the tick 0.5"),
        ("price = 90_000\nlev", "price = 0\nlev", r"orders\[0\].price: .*above zero"),
        ("usd_amount = 2_000", "usd_amount = 2_005", r"orders\[0\].usd_amount: .*2005 is not a"),
        ("leverage = 10", "leverage = -3", r"orders\[0\].leverage: -3 is not above zero"),
        ('venue = "binance"\ncoin', 'venue = "binanse"\ncoin', r"accounts\[0\].venue: .*binanse"),
        ('coin = "BTC"\nhair', 'coin = "BTX"\nhair', r"accounts\[0\].coin: binance has no BTX; it"),
        ("USDC = 0.05", "USDC = 5", r"accounts\[0\].haircuts.USDC: 5 is not from 0 to 1"),
        ("USDC = 0.05", "BTC = 0.05", r"accounts\[0\].haircuts.BTC: is the account's own coin"),
        ('coin = "BTC"\nhair', 'coin = "BTC"\nmode = "margin"\nhair', r"accounts\[0\].mode: "),
        ('[[accounts]]\nvenue = "binance"', '[[accounts]]\nvenue = "deribit"\nmode = "portfolio"',
         r":19: positions\[0\].mode: isolated, in a portfolio account: deribit BTC"),
    ],
)  # fmt: skip
def test_a_fault_of_margin_says_file_line_field_and_reason(old: str, new: str, fault: str) -> None:
    assert old in MARGINED
    (found,) = _faults(MARGINED.replace(old, new, 1))
    assert found.startswith("desk.toml:")
    assert re.search(fault, found), found


def test_an_account_that_is_there_twice() -> None:
    (found,) = _faults(MARGINED + '\n[[accounts]]\nvenue = "binance"\ncoin = "BTC"\n')
    assert "accounts[1].venue: binance BTC is there twice" in found
