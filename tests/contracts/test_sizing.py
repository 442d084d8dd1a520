"""How many contracts: of a coin value, of a margin at a leverage, in whole lots."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import instruments, listed, prices

from obverse.contracts import Instrument, Rounding
from obverse.contracts.sizing import contracts_of_margin, contracts_of_value, whole_lots
from obverse.errors import AmountError
from obverse.rulebooks import rulebook

coin_values = st.decimals("0.0001", 10_000, places=4)


@pytest.mark.parametrize(
    ("venue", "symbol", "coin_value", "price", "expected"),
    [
        ("bitmex", "XBTM20", "10", "10000", 100_000),  # BMX-40
        ("okx", "BTC-USD-SWAP", "1", "10000", 100),  # OKX-01a
        ("deribit", "BTC-PERPETUAL", "0.5", "20000", 1000),
    ],
)
def test_published_sizes(
    venue: str, symbol: str, coin_value: str, price: str, expected: int
) -> None:
    instrument = rulebook(venue, as_of="2020-02-15").instrument(symbol)
    assert contracts_of_value(instrument, coin_value=coin_value, price=price) == expected


@given(instruments, coin_values, prices)
def test_the_contracts_of_a_coin_value_are_worth_it(
    instrument: Instrument, coin_value: Decimal, price: Decimal
) -> None:
    contracts = contracts_of_value(instrument, coin_value=coin_value, price=price)
    worth = instrument.payoff.value(contracts, price)
    assert abs(worth - Fraction(coin_value)) <= Fraction(coin_value) / 10**26


@given(instruments, coin_values, st.integers(1, 125), prices)
def test_leverage_multiplies_what_a_margin_opens(
    instrument: Instrument, margin: Decimal, leverage: int, price: Decimal
) -> None:
    levered = contracts_of_margin(instrument, margin=margin, leverage=leverage, price=price)
    assert levered == contracts_of_value(instrument, coin_value=margin * leverage, price=price)


def test_ten_times_one_coin_at_fifty_thousand_is_half_a_million_dollars() -> None:
    sized = contracts_of_margin(listed("BTCUSD"), margin="1", leverage="10", price="50000")
    assert sized == 500_000
    short = contracts_of_margin(listed("BTCUSD"), margin="1", leverage="0.5", price="50000")
    assert short == 25_000


def test_contracts_become_whole_lots_in_the_direction_named() -> None:
    since_2021 = listed("XBTUSD, lot 100")
    assert whole_lots(since_2021, Decimal("149.9")) == 100
    assert whole_lots(since_2021, Decimal(150)) == 200
    assert whole_lots(since_2021, Fraction(-250)) == -300
    assert whole_lots(since_2021, Decimal("199.9"), Rounding.FLOOR) == 100
    assert whole_lots(since_2021, Decimal("-199.9"), Rounding.TOWARD_ZERO) == -100
    assert whole_lots(since_2021, Decimal("0.1"), Rounding.CEILING) == 100


@given(instruments, st.decimals(-(10**9), 10**9, places=3), st.sampled_from(Rounding))
def test_whole_lots_make_an_order_less_than_a_lot_away(
    instrument: Instrument, contracts: Decimal, rounding: Rounding
) -> None:
    lots = whole_lots(instrument, contracts, rounding)
    assert lots % instrument.lot == 0
    assert abs(lots - contracts) < instrument.lot
    if lots > 0:
        instrument.check_order(lots)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"leverage": "0"}, "leverage: 0 is not above zero"),
        ({"leverage": "-3"}, "leverage: -3 is not above zero"),
        ({"leverage": 2.5}, r"leverage: float 2\.5 is not exact"),
        ({"margin": 1.5}, r"margin: float 1\.5 is not exact"),
        ({"price": "0"}, "price: 0 is not above zero"),
    ],
    ids=range(5),
)
def test_sizes_that_make_no_sense_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(AmountError, match=message):
        contracts_of_margin(
            listed("BTCUSD"), **{"margin": "1", "leverage": "1", "price": "1", **wrong}
        )
