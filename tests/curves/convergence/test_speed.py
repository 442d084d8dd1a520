"""The speed of convergence: known values come back, with intervals that mean what they say."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from statistics import NormalDist

import numpy as np
import pytest

from obverse.curves.convergence import Convergence, convergence, speed_of_convergence
from obverse.curves.convergence.robust import robust_line, t_p_value, t_quantile
from obverse.curves.histories import CurveHistory
from obverse.errors import MarketDataError

AT = datetime(2026, 1, 1, tzinfo=UTC)


def simulated(
    seed: int, *, exponent: float = 1.0, per_hour: float | None = None, contracts: int = 25
) -> Convergence:
    """Basis of contracts that differ in level, with noise and a few gross errors."""
    random = np.random.default_rng(seed)
    hours = np.geomspace(8, 700, 24)
    levels = random.normal(0, 0.3, contracts)[:, None]
    noise = random.normal(0, 0.25, (contracts, 24))
    noise[random.random((contracts, 24)) < 0.02] += 4
    shape = exponent * np.log(hours) if per_hour is None else per_hour * hours
    basis = np.exp(levels + shape - 3 + noise)
    every = np.broadcast_to(hours, basis.shape).ravel()
    count = basis.size
    return Convergence(
        underlying="BTC",
        venue="made",
        source="simulated",
        convention="simple",
        since=AT,
        until=AT,
        buckets=(),
        expiries_ns=np.arange(contracts),
        symbols=tuple(f"F{n}" for n in range(contracts)),
        hours=every,
        basis_bp=basis.ravel(),
        yearly_rates=np.full(count, np.nan),
        contract_of=np.repeat(np.arange(contracts), 24),
        instants_ns=np.arange(count),
    )


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.6])
def test_a_known_exponent_lies_in_its_interval_as_often_as_stated(exponent: float) -> None:
    fits = [speed_of_convergence(simulated(seed, exponent=exponent)) for seed in range(60)]
    inside = sum(each.slope_low <= exponent <= each.slope_high for each in fits)
    assert inside >= 51, "a 95 % interval misses more than 9 of 60 once in 1,000 runs"
    slopes = [each.slope for each in fits]
    assert float(np.mean(slopes)) == pytest.approx(exponent, abs=0.01)
    refused = sum((each.constant_rate_p_value or 0) < 0.05 for each in fits)
    assert refused <= 9 if exponent == 1 else refused == 60


def test_a_known_half_life_lies_in_its_interval_as_often_as_stated() -> None:
    per_hour = math.log(2) / 100
    fits = [
        speed_of_convergence(simulated(seed, per_hour=per_hour), model="exponential")
        for seed in range(60)
    ]
    inside = 0
    for each in fits:
        low, high = each.half_life_interval
        assert low is not None
        assert high is not None
        inside += low <= 100 <= high
    assert inside >= 51
    assert float(np.median([each.half_life or 0.0 for each in fits])) == pytest.approx(
        100, rel=0.02
    )
    assert fits[0].constant_rate_p_value is None


def test_levels_of_their_own_keep_dear_contracts_from_passing_for_speed() -> None:
    random = np.random.default_rng(6)
    seen = simulated(0, contracts=40)
    long_lived = seen.contract_of >= 20
    kept = np.where(long_lived, seen.hours > 200, seen.hours < 120)
    noise = random.normal(0, 0.1, len(seen.hours))
    basis = np.exp(0.8 * np.log(seen.hours) - 3 + 2.0 * long_lived + noise)
    columns = ("hours", "yearly_rates", "contract_of", "instants_ns")
    cut = {name: getattr(seen, name)[kept] for name in columns}
    made = Convergence(**{**vars(seen), **cut, "basis_bp": basis[kept]})
    own = speed_of_convergence(made, levels="own")
    assert own.slope_low < 0.8 < own.slope_high
    assert own.slope == pytest.approx(0.8, abs=0.02)
    assert speed_of_convergence(made).slope > 1.2, "one level takes the dear ones for speed"
    assert "a level each" in " ".join(str(own).split())


def test_gross_errors_hardly_move_the_line_where_least_squares_goes_off() -> None:
    x = np.linspace(0, 1, 60)
    y = 2 + 3 * x + np.random.default_rng(1).normal(0, 0.1, 60)
    spoiled = y.copy()
    spoiled[-6:] += 50
    labels = np.arange(60)
    assert robust_line(x, spoiled, labels).slope == pytest.approx(3, abs=0.6)
    assert abs(np.polyfit(x, spoiled, 1)[0] - 3) > 10
    clean = robust_line(x, y, labels)
    assert clean.slope == pytest.approx(np.polyfit(x, y, 1)[0], abs=0.05)


def test_clustered_errors_are_those_of_statsmodels_where_nothing_is_gross() -> None:
    models = pytest.importorskip("statsmodels.api")
    random = np.random.default_rng(3)
    group = np.repeat(np.arange(20), 15)
    x = random.normal(size=300)
    y = 1 + 2 * x + random.uniform(-1, 1, 20)[group] + random.uniform(-1, 1, 300)
    ours = robust_line(x, y, group)
    theirs = models.OLS(y, np.column_stack([np.ones(300), x])).fit(
        cov_type="cluster", cov_kwds={"groups": group, "df_correction": False}
    )
    assert ours.slope == pytest.approx(theirs.params[1], abs=0.02)
    assert ours.slope_error == pytest.approx(theirs.bse[1], rel=0.12)
    alone = robust_line(x, y, np.arange(300))
    assert alone.level_error < 0.6 * ours.level_error, "clusters must cost certainty"


def test_a_line_without_noise_is_exact() -> None:
    x = np.linspace(1, 2, 12)
    line = robust_line(x, 5 - 4 * x, np.arange(12))
    assert (line.level, line.slope) == pytest.approx((5, -4))
    assert line.slope_error == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("freedom", "value"), [(3, 3.18245), (4, 2.77645), (10, 2.22814), (100, 1.98397)]
)
def test_student_quantiles_are_those_of_the_tables(freedom: int, value: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(value, rel=0.012 if freedom < 10 else 1e-3)
    assert t_quantile(0.025, freedom) == pytest.approx(-value, rel=0.012 if freedom < 10 else 1e-3)
    assert t_p_value(t_quantile(0.975, freedom), freedom) == pytest.approx(0.05)
    assert t_quantile(0.975, 10**7) == pytest.approx(NormalDist().inv_cdf(0.975), rel=1e-6)


def test_half_lives_follow_from_the_slope() -> None:
    found = speed_of_convergence(simulated(0))
    share = found.half_life
    assert share is not None
    assert 1 - share == pytest.approx(0.5 ** (1 / found.slope))
    for hours in (24.0, 240.0):
        later = hours - (found.half_life_hours(hours) or 0)
        assert found.expected_bp(later) == pytest.approx(found.expected_bp(hours) / 2)
    grows = speed_of_convergence(simulated(0, exponent=-0.5))
    assert grows.half_life is None
    assert grows.half_life_hours(10) is None
    assert "—" in str(grows)


def test_the_recorded_basis_shrinks_faster_near_expiry_than_it_grows_far_out(
    recorded: dict[str, CurveHistory],
) -> None:
    found = speed_of_convergence(convergence(recorded["ETH"]))
    assert 0.5 < found.slope_low < found.slope_high < 1.1
    hours, size = found.observed.hours, np.abs(found.observed.basis_bp)
    own = (hours >= 6) & (hours <= 720) & (size > 0)
    by_hand = np.polyfit(np.log(hours[own]), np.log(size[own]), 1)
    assert found.slope == pytest.approx(by_hand[0], abs=0.1)
    assert found.contracts == len(np.unique(found.observed.contract_of[own]))
    at = datetime(2026, 3, 1, tzinfo=UTC)
    early = speed_of_convergence(convergence(recorded["ETH"], until=at))
    cut = speed_of_convergence(convergence(recorded["ETH"].until(at)))
    assert early.fit == cut.fit
    assert found.plot().get_yscale() == "log"


def test_what_distorts_a_speed_is_told() -> None:
    seen = simulated(0)
    signs = np.where(np.arange(len(seen.basis_bp)) % 3 == 0, -1.0, 1.0)
    signs[:2] = 0
    mixed = Convergence(**{**vars(seen), "basis_bp": seen.basis_bp * signs})
    told = speed_of_convergence(mixed).warnings
    assert "2 observations with a basis of exactly zero" in told[0]
    assert "rarer sign" in told[1]


def test_bad_input_is_named() -> None:
    seen = simulated(0)
    with pytest.raises(MarketDataError, match="power and exponential"):
        speed_of_convergence(seen, model="line")  # type: ignore[arg-type]
    with pytest.raises(MarketDataError, match="shared and own"):
        speed_of_convergence(seen, levels="none")  # type: ignore[arg-type]
    with pytest.raises(MarketDataError, match="0 <= min < max"):
        speed_of_convergence(seen, min_hours=50, max_hours=10)
    with pytest.raises(MarketDataError, match="confidence"):
        speed_of_convergence(seen, confidence=1.5)
    with pytest.raises(MarketDataError, match="clusters; at least 3"):
        speed_of_convergence(simulated(0, contracts=2))
    with pytest.raises(MarketDataError, match="clusters; at least 3"):
        speed_of_convergence(seen, min_hours=5000, max_hours=6000)
    with pytest.raises(MarketDataError, match="one x"):
        robust_line(np.ones(9), np.arange(9.0), np.arange(9))
    with pytest.raises(MarketDataError, match="not finite"):
        robust_line(np.array([1.0, math.nan, 2.0]), np.ones(3), np.arange(3))
    found = speed_of_convergence(seen)
    for ask in (found.half_life_hours, found.expected_bp):
        with pytest.raises(MarketDataError, match="above zero"):
            ask(0)
