"""The page on marks: every command that it shows runs."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "marks.md"
COMMANDS = [
    line.removeprefix("obverse ")
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("obverse ")
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(obverse, command: str) -> None:
    result = obverse(*shlex.split(command))
    assert result.exit_code == 0, result.output


def test_the_page_is_right_about_the_half_delivered_future(obverse) -> None:
    command = next(each for each in COMMANDS if "07:45" in each)
    row = next(
        line
        for line in obverse(*shlex.split(command)).stdout.splitlines()
        if line.startswith("BTC-27MAR26") and "08:00" in line and "07:30" in line
    )
    assert row.split()[-2:] == ["50.0", "50.0"]
