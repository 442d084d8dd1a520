"""Instruments: what a contract is, what it is worth, and which orders a venue takes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import instruments, listed, prices, signed_lots

from obverse.contracts import Instrument, Inverse, Kind, Linear, Quanto
from obverse.errors import AmountError, RuleError
from obverse.rulebooks import rulebook


@pytest.mark.parametrize(
    ("payoff", "model"), [("inverse", Inverse), ("linear", Linear), ("quanto", Quanto)]
)
def test_a_generic_contract_is_unrounded_and_one_a_lot(payoff: str, model: type) -> None:
    contract = Instrument.generic(payoff, "0.5", "XYZ")
    assert contract.payoff == model(Decimal("0.5"))
    assert contract.multiplier == Decimal("0.5")
    assert (contract.lot, contract.venue, contract.kind) == (1, "generic", Kind.PERPETUAL)
    assert contract.settlement_currency.code == "XYZ"
    assert contract.accounting.is_unrounded
    assert contract.expiry is None


def test_a_generic_contract_of_no_known_payoff_is_refused() -> None:
    with pytest.raises(RuleError, match="No payoff 'cubic'; there are inverse, linear, quanto"):
        Instrument.generic("cubic", "1", "BTC")
    with pytest.raises(AmountError, match="multiplier: 0 is not above zero"):
        Instrument.generic("inverse", "0", "BTC")
    with pytest.raises(AmountError, match=r"multiplier: float 0\.1 is not exact"):
        Instrument.generic("inverse", 0.1, "BTC")  # type: ignore[arg-type]


@given(instruments, signed_lots, prices)
def test_without_rounding_a_value_is_the_formulas(
    instrument: Instrument, contracts: int, price: Decimal
) -> None:
    plain = instrument.without_rounding()
    value = plain.value(contracts, price)
    formula = instrument.payoff.value(contracts, price)
    assert abs(value.fraction - formula) * plain.settlement_currency.scale <= Decimal("0.5")
    assert plain.symbol == instrument.symbol
    assert plain.settlement_currency.code == instrument.settlement_currency.code


@pytest.mark.parametrize(("contracts", "price"), [(0.5, "1"), ("1", 2.5), ("nan", "1"), ("1", "0")])
def test_values_are_of_exact_contracts_at_exact_prices(contracts: str, price: str) -> None:
    with pytest.raises(AmountError):
        listed("BTCUSD").value(contracts, price)


# Dollars and contracts


@given(st.integers(1, 10**9))
def test_dollars_and_contracts_convert_both_ways(contracts: int) -> None:
    deribit = listed("BTC-PERPETUAL")
    dollars = deribit.usd_amount_of(Decimal(contracts))
    assert dollars == 10 * contracts
    assert deribit.contracts_of(dollars) == contracts


def test_dollars_that_are_no_whole_number_of_contracts_are_refused() -> None:
    with pytest.raises(AmountError, match="usd_amount: 15 is not a whole number of BTC-PERPETUAL"):
        listed("BTC-PERPETUAL").contracts_of(15)


def test_a_quanto_has_no_dollars_of_its_own() -> None:
    quanto = listed("ETHUSD quanto")
    with pytest.raises(RuleError, match="ETHUSD is quanto: size it in contracts"):
        quanto.contracts_of(100)
    with pytest.raises(RuleError, match="ETHUSD is quanto: its dollars need a price"):
        quanto.usd_amount_of(Decimal(100))


# Orders


@pytest.mark.parametrize(
    ("name", "contracts"), [("XBTUSD, lot 100", "150"), ("BTCUSD", "0.5"), ("BTCUSD", "0"),
                            ("XBTUSD, lot 100", "-100")]
)  # fmt: skip
def test_an_order_is_whole_lots(name: str, contracts: str) -> None:
    instrument = listed(name)
    with pytest.raises(RuleError, match=f"at {instrument.venue} are whole lots of"):
        instrument.check_order(Decimal(contracts))


def test_whole_lots_are_taken() -> None:
    listed("XBTUSD, lot 100").check_order(Decimal(300))
    listed("XBTUSD, lot 1").check_order(Decimal(50))


def test_an_instrument_reads_in_one_line() -> None:
    future = rulebook("deribit", as_of="2026-02-01").instrument("BTC-25DEC26")
    assert str(future) == (
        "BTC-25DEC26 (BTC/USD:BTC-261225) at deribit: inverse future, multiplier 10, tick 0.5, "
        "lot 1, settled in BTC, expires 2026-12-25T08:00:00Z"
    )
    assert "expires" not in str(listed("BTC-PERPETUAL"))
