"""The table of checks is one with what the code does, and faults read well."""

from __future__ import annotations

import re

import polars as pl
from made_series import MINUTES, good_bars

from obverse.market.quality import SEVERITIES, Fault, check, fault_table, worst_first
from obverse.market.quality import faults as module


def test_the_modules_table_says_what_the_code_does() -> None:
    table = re.findall(
        r"^([a-z][a-z -]*?) +(error|warning|note) ", str(module.__doc__), re.MULTILINE
    )
    assert dict(table) == SEVERITIES


def _fault(check_name: str, count: int = 1, details: tuple[str, ...] = ()) -> Fault:
    return Fault(SEVERITIES[check_name], check_name, "s", count, None, None, "what", details)


def test_errors_come_first_and_ties_stay() -> None:
    faults = [_fault("delay"), _fault("gaps"), _fault("crossed"), _fault("stale")]
    assert [fault.check for fault in worst_first(faults)] == ["crossed", "gaps", "stale", "delay"]


def test_faults_read_as_a_table() -> None:
    frame = (
        good_bars(MINUTES, 50)
        .with_row_index()
        .filter(~pl.col("index").is_in([20, 21]))
        .drop("index")
    )
    faults = check(MINUTES, "bitmex XBTUSD bars_1m", frame)
    text = str(fault_table([*faults, _fault("delay"), _fault("crossed", 12_345)]))
    assert text.splitlines()[0] == "Quality of recorded data"
    assert "2024-01-01T00:20:00Z to 2024-01-01T00:23:00Z: 2 bars" in text
    assert re.search(r"warning +gaps +bitmex XBTUSD bars_1m +2 +2024-01-01 00:20", text)
    assert "12,345" in text
    assert "1 error, 1 warning, 1 note." in text
    assert text.index("crossed") < text.index("gaps") < text.index("delay")
    records = fault_table(faults).records()
    assert records[0]["check"] == "gaps"
    assert records[0]["first"] == faults[0].first


def test_no_faults_are_an_empty_table() -> None:
    table = fault_table([])
    assert table.rows == ()
    assert table.notes == ("0 errors, 0 warnings, 0 notes.",)


def test_a_fault_is_one_line() -> None:
    assert str(_fault("gaps")) == "warning gaps of s: what"
