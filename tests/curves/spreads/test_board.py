"""The board of spreads: each number is that of its parts, and nothing later is read."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from obverse.contracts import Instrument
from obverse.contracts.spreads import spread_coin_delta
from obverse.curves.histories import curve_history
from obverse.curves.spreads import half_life, spread_board, z_scores
from obverse.errors import MarketDataError, SymbolError
from obverse.market.store import Store

from ..made_histories import made

CUT = datetime(2026, 3, 1, tzinfo=UTC)


def generic(name: str) -> Instrument:
    return Instrument.generic("inverse", "10", "BTC")


def test_recorded_board_is_the_one_of_a_store_cut_there(recorded_store: Store) -> None:
    early = curve_history(recorded_store, "deribit", "BTC", until=CUT)
    found = spread_board(early, generic, usd_amount=1_000_000)
    later = curve_history(recorded_store, "deribit", "BTC").until(CUT)
    assert found.table().rows == spread_board(later, generic, usd_amount=1_000_000).table().rows
    assert len(found.rows) == 28
    row = found["BTC-25SEP26 − BTC-26JUN26"]
    far, near = row.series.prices_usd[-1].tolist()
    assert row.series.level_usd[-1] == far - near
    expected = spread_coin_delta(usd_amount=1_000_000, far_price=str(far), near_price=str(near))
    assert row.held.coin_delta == expected
    assert row.neutral is not None
    assert abs(row.neutral.coin_delta) <= 5 / near
    rates = row.series.annualised
    assert rates is not None
    assert row.z_score == pytest.approx((rates[-1] - rates.mean()) / rates.std(ddof=1))
    assert row.robust_z_score == z_scores(rates, robust=True).scores[-1]
    assert row.half_life is not None
    assert row.half_life.hours == half_life(rates, row.series.instants_ns).hours
    assert 0.5 < row.half_life.hours / 24 < 2


def test_short_pasts_have_no_statistics_and_missing_perpetuals_are_told() -> None:
    history = made([{30.0: 101.0, 90.0: 103.0}] * 3)
    found = spread_board(history, generic, usd_amount=10_000)
    (row,) = found.rows
    assert (row.z_score, row.half_life) == (None, None)
    assert "no perpetual" in found.warnings[-1]
    assert "—" in str(found.table())
    assert "Neutral" in str(found.legs_table())
    with pytest.raises(KeyError):
        found["F1 − F2"]


def test_a_board_draws_each_spread_and_refuses_what_has_none() -> None:
    history = made([{30.0: 101.0, 90.0: 103.0}], perpetual=[100.2])
    found = spread_board(history, generic, usd_amount=10_000)
    assert [row.series.kind for row in found.rows] == ["calendar spread"] + [
        "perpetual against dated"
    ] * 2
    labels = [each.get_text() for each in found.plot().get_yticklabels()]
    assert labels == [row.series.label for row in found.rows]
    assert found.rows[1].annualised == pytest.approx(np.log(101 / 100.2) / (30 / 365))
    with pytest.raises(MarketDataError, match="takes two listed futures"):
        spread_board(made([{30.0: 101.0}]), generic, usd_amount=10_000)
    with pytest.raises(MarketDataError, match="half a lot"):
        spread_board(history, generic, usd_amount=1)
    wanted = {"F30": generic("F30"), "perpetual": generic("perpetual")}

    def known(name: str) -> Instrument:
        if name not in wanted:
            raise SymbolError(name, "here", wanted)
        return wanted[name]

    left = spread_board(history, known, usd_amount=10_000)
    assert [row.series.label for row in left.rows] == ["F30 − perpetual"]
    assert len([each for each in left.warnings if "is left out: No instrument 'F90'" in each]) == 2
    with pytest.raises(MarketDataError, match="no snapshots"):
        spread_board(history.between(0, 0), generic, usd_amount=1)
