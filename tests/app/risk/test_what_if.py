"""An order in words: what may be said of it, and what is refused with the form."""

from __future__ import annotations

from decimal import Decimal

import pytest

from obverse.app.risk.what_if import FORM, WhatIf, read_what_if
from obverse.contracts import Instrument
from obverse.errors import AmountError, DataError, RuleError
from obverse.rulebooks import rulebook

PERPETUAL = rulebook("deribit", as_of="2026-02-01").instrument("BTC-PERPETUAL")


def order(**more: object) -> WhatIf:
    """`sell 100000 BTC-PERPETUAL` with changes."""
    said = {
        "side": "sell",
        "size": Decimal(100_000),
        "unit": "usd",
        "symbol": "BTC-PERPETUAL",
        "price": None,
        "mode": None,
        "leverage": None,
        "venue": None,
    }
    return WhatIf(**{**said, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("sell 100000 BTC-PERPETUAL", order()),
        ("  SELL 100,000 BTC-PERPETUAL  ", order()),
        ("sell 100_000 usd BTC-PERPETUAL", order()),
        ("sell 100000USD BTC-PERPETUAL", order()),
        ("buy 100000 BTC-PERPETUAL", order(side="buy")),
        ("sell 100000 BTC-PERPETUAL @ 65000", order(price=Decimal(65_000))),
        ("sell 100000 BTC-PERPETUAL @65,000.5", order(price=Decimal("65000.5"))),
        ("sell 10 contracts BTC-PERPETUAL", order(size=Decimal(10), unit="contracts")),
        ("sell 1 contract BTC-PERPETUAL", order(size=Decimal(1), unit="contracts")),
        ("sell 100000 BTC-PERPETUAL isolated 10x", order(mode="isolated", leverage=Decimal(10))),
        ("sell 100000 BTC-PERPETUAL 2.5X cross", order(mode="cross", leverage=Decimal("2.5"))),
        ("sell 100000 XBTUSD at BitMEX", order(symbol="XBTUSD", venue="bitmex")),
        (
            "sell 100000 BTC-PERPETUAL @ 65000 isolated 5x at okx",
            order(price=Decimal(65_000), mode="isolated", leverage=Decimal(5), venue="okx"),
        ),
    ],
)
def test_an_order_is_read(text: str, read: WhatIf) -> None:
    assert read_what_if(text) == read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", FORM),
        ("sell", FORM),
        ("sell BTC-PERPETUAL", FORM),
        ("short 100 BTC-PERPETUAL", FORM),
        ("sell -100 BTC-PERPETUAL", FORM),
        ("sell 1e5 BTC-PERPETUAL", FORM),
        ("sell 100", FORM),
        ("sell 0 BTC-PERPETUAL", "size 0 is not above zero"),
        ("sell 1.2.3 BTC-PERPETUAL", "size '1.2.3' is not a number"),
        ("sell 100 BTC-PERPETUAL @ 0", "price 0 is not above zero"),
        ("sell 100 BTC-PERPETUAL @ 1.2.3", "price '1.2.3' is not a number"),
        ("sell 100 BTC-PERPETUAL 0x", "leverage 0 is not above zero"),
        ("sell 100 BTC-PERPETUAL 1.1.1x", "leverage '1.1.1' is not a number"),
        ("sell 100 BTC-PERPETUAL @ now", "'@' is not understood"),
        ("sell 100 BTC-PERPETUAL tomorrow", "'tomorrow' is not understood"),
        ("sell 100 BTC-PERPETUAL at", "'at' is not understood"),
        ("sell 100 BTC-PERPETUAL @ 65000 10", "'10' is not understood"),
    ],
)
def test_anything_else_is_refused_with_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(DataError) as refused:
        read_what_if(text)
    assert words in str(refused.value)
    assert "--what-if" in str(refused.value)


def test_dollars_become_signed_contracts() -> None:
    assert order().contracts(PERPETUAL) == -10_000
    assert order(side="buy").contracts(PERPETUAL) == 10_000
    assert order(unit="contracts", size=Decimal(7)).contracts(PERPETUAL) == -7


@pytest.mark.parametrize(("size", "unit"), [("100001", "usd"), ("0.5", "contracts")])
def test_a_size_between_lots_is_refused(size: str, unit: str) -> None:
    with pytest.raises((AmountError, RuleError), match="BTC-PERPETUAL"):
        order(size=Decimal(size), unit=unit).contracts(PERPETUAL)


def test_a_linear_contract_is_sized_in_contracts() -> None:
    linear = Instrument.generic("linear", "0.001", "USDC")
    with pytest.raises(DataError, match="say its size in contracts, such as sell 10 contracts"):
        order().contracts(linear)
    assert order(unit="contracts", size=Decimal(10)).contracts(linear) == -10
