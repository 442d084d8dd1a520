"""The command line as a process of its own: pipes, terminals, colours, exit codes."""

from __future__ import annotations

import os
import pty
import re
import struct
import subprocess
import sys
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest

COMMAND = [sys.executable, "-m", "obverse.app.cli"]
ROOT = Path(__file__).parents[2]
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def _environment(**changes: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in (
        "NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "TTY_COMPATIBLE")}  # fmt: skip
    return kept | {"TERM": "xterm-256color", "PYTHONWARNINGS": "error"} | changes


def _run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=_environment(**changes),
        cwd=ROOT,
    )


def _on_a_terminal(columns: int, *arguments: str, **changes: str) -> str:
    """What a terminal of so many columns is sent."""
    ours, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=theirs, stderr=theirs, env=_environment(**changes), cwd=ROOT
    )
    os.close(theirs)
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says so that the other end is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(ours)
    assert process.wait(60) == 0
    return b"".join(parts).decode().replace("\r\n", "\n")


def test_piped_output_is_plain_text() -> None:
    found = _run("report")
    assert found.returncode == 0
    assert "\x1b" not in found.stdout + found.stderr
    assert "SIMULATED market at deribit" in found.stdout
    assert max(map(len, found.stdout.splitlines())) <= 100


@pytest.mark.parametrize(
    "arguments", [["report", "--json"], ["report"], ["rules", "bitmex"], ["report", "--csv"]]
)
def test_a_reader_that_stops_early_gets_no_traceback(arguments: list[str]) -> None:
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(PYTHONUNBUFFERED="1"),
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()  # before anything was printed: every write fails
    errors = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert "Traceback" not in errors
    assert "roken pipe" not in errors


def test_an_error_is_one_line_on_stderr_and_exit_code_2() -> None:
    found = _run("report", "--market", "/no/such/" + "long/" * 30 + "place")
    assert found.returncode == 2
    assert found.stdout == ""
    assert len(found.stderr.splitlines()) == 1
    assert "Traceback" not in found.stderr


def test_a_failed_row_is_exit_code_1(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("{\n", encoding="utf-8")
    assert _run("conformance", str(path)).returncode == 1


def test_a_terminal_gets_colours_unless_it_says_no() -> None:
    coloured = _on_a_terminal(100, "report", "--no-book")
    assert "\x1b[32m+" in coloured
    assert "\x1b[31m-" in coloured
    plain = _on_a_terminal(100, "report", "--no-book", NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", plain)
    assert ESCAPE.sub("", coloured) == ESCAPE.sub("", plain)


def test_a_narrow_terminal_cuts_no_number_short() -> None:
    narrow = ESCAPE.sub("", _on_a_terminal(60, "report"))
    piped = _run("report").stdout
    assert "…" not in narrow
    assert all(line in narrow for line in piped.splitlines())


def test_help_needs_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from obverse.app.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "heavy = {'numpy', 'polars', 'matplotlib', 'numba', 'pandas', 'msgspec'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment()
    )
    assert found.stdout.strip() == "[]"
