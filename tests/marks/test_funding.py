"""Funding: from premium to rate, from rate to coin, and to nothing over all accounts."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import LISTED, listed, prices

from obverse.contracts import Amount, Currency, Instrument, Position, fill
from obverse.contracts.accounting import FieldRounding
from obverse.contracts.units import Rounding
from obverse.errors import AmountError, DataError, MarketDataError
from obverse.marks import (
    FundingRound,
    TwapTerms,
    absolute_payment,
    absolute_rate,
    accumulated_funding,
    cap_per_day,
    capped,
    clamped_rate,
    dampened_rate,
    divided_rate,
    funding_payment,
    impact_premium,
    interest_rate,
    premium,
    settle_to_zero,
    twap_funding,
)
from obverse.rulebooks import rulebook

BTC = Currency("BTC", 8)
rates = st.decimals("-0.00375", "0.00375", places=6)


@pytest.mark.parametrize(
    ("average", "rate"), [(0.0005, 0.0001), (0.0007, 0.0002), (-0.001, -0.0005)]
)
def test_the_clamp_leaves_interest_alone_near_it(average: float, rate: float) -> None:
    assert clamped_rate(average, 0.0001, 0.0005) == pytest.approx(rate, abs=1e-15)  # FUND-2, 3, 5


@given(st.floats(-0.1, 0.1), st.floats(-0.001, 0.001), st.floats(0, 0.01))
def test_a_clamped_rate_is_within_the_dampener_of_the_premium(p: float, i: float, d: float) -> None:
    found = clamped_rate(p, i, d)
    assert abs(found - p) <= d * (1 + 1e-9) + 1e-17
    assert min(p, i) - 1e-17 <= found <= max(p, i) + 1e-17
    assert clamped_rate(p, i, 1.0) == i  # to the last bit: 0.01 % is paid as 0.0001


def test_deribit_pays_only_what_lies_outside_the_dampener() -> None:
    inside = premium(92_281.78, 92_263.55)
    assert dampened_rate(inside, 0.00025) == 0  # DRB-17a
    assert dampened_rate(0.001, 0.00025) == pytest.approx(0.00075)
    assert dampened_rate(-0.001, 0.00025) == pytest.approx(-0.00075)


def test_kraken_divides_its_premium_and_fixes_coin_a_contract() -> None:
    part = premium(7010.0, 7000.0)
    assert int(part * 1e6) == 1428  # KRK-11, the page truncates
    assert divided_rate(part, 24) == pytest.approx(0.0000595, abs=1e-7)
    assert capped(divided_rate(premium(7500.0, 7000.0), 24), 0.0025) == 0.0025  # KRK-13
    assert f"{absolute_rate('0.0005', '7000'):.13f}".startswith("0.00000007142")  # KRK-14


def test_an_impact_premium_is_the_distance_from_the_mark_and_its_basis() -> None:
    assert impact_premium(101.0, 102.0, 100.0, 100.0, 0.0) == pytest.approx(0.01)
    assert impact_premium(97.0, 98.0, 100.0, 100.0, 0.001) == pytest.approx(-0.019)
    assert impact_premium(99.0, 101.0, 100.0, 100.0, 0.001) == 0.001


def test_interest_is_the_difference_of_two_daily_rates() -> None:
    assert interest_rate(0.0006, 0.0003, 3) == pytest.approx(0.0001)


def test_caps_are_three_quarters_of_the_margin_between() -> None:
    assert cap_per_day("0.01", "0.005", 3) == Decimal("0.01125")  # BMX-44a
    assert cap_per_day("0.01", "0.005", 12) == Decimal("0.045")  # BMX-44b
    with pytest.raises(MarketDataError, match="exceeds"):
        cap_per_day("0.005", "0.01", 3)


VEGA = {
    "mod-1": (("330", "110"), {"scaling_factor": "0.5"}, ("110", "1")),
    "mod-3": (("210", "110"), {"rate_upper": "0.5"}, ("55", "0.5")),
    "mod-5": (("1210", "110"), {"scaling_factor": "1.5", "rate_upper": "0.5"}, ("55", "0.5")),
    "fm2": (
        ("1590", "1600"),
        {
            "interest_rate": "0.05",
            "period_years": "0.002",
            "clamp_lower": "0",
            "clamp_upper": "0.9",
        },
        ("0.16", "0.0001"),
    ),
    "feat": (("990", "1000"), {"scaling_factor": "2.5"}, ("-25", "-0.025")),
    "lower": (("900", "1000"), {"rate_lower": "-0.005"}, ("-5", "-0.005")),
}


@pytest.mark.parametrize("name", VEGA)
def test_vegas_funding_on_time_averages(name: str) -> None:
    (future, spot), given_, (payment, rate) = VEGA[name]
    terms = TwapTerms(**{key: Decimal(value) for key, value in given_.items()})
    found = twap_funding(future, spot, terms)
    assert (found.payment, found.funding_rate) == (Decimal(payment), Decimal(rate))


def test_half_a_clamp_or_crossed_bounds_are_refused() -> None:
    with pytest.raises(DataError, match="both its bounds"):
        TwapTerms(clamp_upper=Decimal(1))
    for name in ("clamp", "rate"):
        with pytest.raises(DataError, match="no bounds"):
            TwapTerms(**{f"{name}_lower": Decimal(1), f"{name}_upper": Decimal(0)})


def _position(instrument: Instrument, contracts: int, price: str = "20000") -> Position:
    return fill(Position.flat(instrument), contracts, price)


@pytest.mark.parametrize(
    ("contracts", "price", "rate", "paid"),
    [
        (500, "20000", "0.003", "-0.000075"),
        (-500, "20000", "0.003", "0.000075"),
        (500, "20000", "-0.003", "0.000075"),
        (-500, "40000", "0.003", "0.0000375"),
        (100, "20000", "0.003", "-0.000015"),
    ],
)
def test_10101s_payments(contracts: int, price: str, rate: str, paid: str) -> None:
    generic = Instrument.generic("inverse", "1", "BTC")
    rounding = FieldRounding(8, Rounding.NEAREST)
    found = funding_payment(
        _position(generic, contracts), price=price, rate=rate, rounding=rounding
    )
    assert found.coins == Decimal(paid)


def test_krakens_payment_is_coin_a_contract_whatever_the_price() -> None:
    position = _position(Instrument.generic("inverse", "1", "BTC"), -10_000)
    rounding = FieldRounding(11, Rounding.NEAREST)
    found = absolute_payment(position, coin_per_contract="0.00000007142", rounding=rounding)
    assert found.coins == Decimal("0.0007142")


@given(
    st.sampled_from(sorted(LISTED)),
    st.lists(st.integers(1, 10_000), min_size=1, max_size=12),
    st.data(),
    prices,
    rates,
)
def test_funding_over_all_accounts_of_a_contract_is_nothing_to_the_last_unit(
    name: str, longs: list[int], data: st.DataObject, price: Decimal, rate: Decimal
) -> None:
    instrument = listed(name)
    venue, symbol, as_of = LISTED[name]
    book = rulebook(venue, as_of=as_of)
    rounding = book.rules_of(book.instrument(symbol)).funding_rounding
    total = sum(longs)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, total - 1)), max_size=8)) - {total})
    shorts = [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]
    lot = int(instrument.lot)
    sizes = {f"long {k}": lots * lot for k, lots in enumerate(longs)}
    sizes |= {f"short {k}": -lots * lot for k, lots in enumerate(shorts)}
    assert sum(sizes.values()) == 0
    paid = {
        account: funding_payment(
            _position(instrument, size, str(price)), price=price, rate=rate, rounding=rounding
        )
        for account, size in sizes.items()
    }
    settled = settle_to_zero(paid, remainder_account="insurance fund")
    assert sum(amount.units for amount in settled.payments.values()) == 0
    assert settled.remainder == settled.payments["insurance fund"]
    assert abs(settled.remainder.units) <= len(sizes) * max(1, total)
    assert {k: v for k, v in settled.payments.items() if k != "insurance fund"} == paid


def test_the_remainder_has_an_account_of_its_own() -> None:
    paid = {"a": Amount(-10, BTC), "b": Amount(4, BTC), "c": Amount(5, BTC)}
    settled = settle_to_zero(paid)
    assert isinstance(settled, FundingRound)
    assert settled.remainder_account == "rounding"
    assert settled.remainder == Amount(1, BTC)
    with pytest.raises(MarketDataError, match="no account"):
        settle_to_zero({})
    with pytest.raises(MarketDataError, match="is an account that is funded"):
        settle_to_zero(paid, remainder_account="a")
    with pytest.raises(AmountError):
        settle_to_zero(paid | {"d": Amount(1, Currency("ETH", 8))})


def test_a_doubled_price_halves_the_coin_that_a_rate_takes() -> None:
    assert accumulated_funding([0.001, 0.001], [100.0, 200.0], 100.0) == pytest.approx(0.0015)
    assert accumulated_funding([], [], 100.0) == 0
    for rows in (([0.1], [0.0]), ([np.nan], [1.0]), ([0.1, 0.1], [1.0])):
        with pytest.raises(MarketDataError):
            accumulated_funding(*rows, 100.0)
    with pytest.raises(MarketDataError, match="start index"):
        accumulated_funding([0.1], [1.0], float("nan"))


@given(st.lists(st.tuples(st.floats(-0.01, 0.01), st.floats(100, 1e5)), min_size=1))
def test_accumulation_adds_up_over_any_split(rows: list[tuple[float, float]]) -> None:
    assume(len(rows) > 1)
    rate, index = map(list, zip(*rows, strict=True))
    half = len(rows) // 2
    whole = accumulated_funding(rate, index, index[0])
    parts = [
        accumulated_funding(rate[s], index[s], index[0]) for s in (slice(half), slice(half, None))
    ]
    assert whole == pytest.approx(sum(parts), abs=1e-12)
