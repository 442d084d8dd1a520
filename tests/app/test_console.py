from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from obverse.app import console as module
from obverse.app.console import WIDTH, complain, console, remark, show
from obverse.tables import Table, number, text


def _table(*rows: tuple[object, ...], title: str = "Title", notes: tuple[str, ...] = ()) -> Table:
    columns = (text("name", "Name"), number("pnl", "PnL", "BTC", 4, signed=True))
    return Table(title, columns, rows, notes)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _fresh():
    """A console keeps the stream it was made with; each test has streams of its own."""
    console.cache_clear()
    yield
    console.cache_clear()


def test_a_table_is_a_title_headers_with_units_a_line_and_rows(capsys) -> None:
    show([_table(("a", 1.5), ("bc", -22.25))])
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["Title", "           PnL", "Name     (BTC)", "─" * 14, "a      +1.5000",
                     "bc    -22.2500", ""]  # fmt: skip


def test_lines_have_no_blanks_at_their_ends(capsys) -> None:
    show([_table(("a", 1.5), notes=("note",))])
    show([Table("T", (text("a", "A"), text("b", "B")), (("x", "y"), ("x", "long word")))])
    assert all(line == line.rstrip() for line in capsys.readouterr().out.splitlines())


def test_long_notes_and_titles_are_broken_at_100_columns(capsys) -> None:
    show([_table(("a", 1.5), title="word " * 40, notes=("note " * 60,))])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= WIDTH
    notes = [line for line in lines if "note" in line]
    assert len(notes) > 2
    assert all(line.startswith("  note") for line in notes)
    assert sum(line.count("note") for line in notes) == 60


def test_a_wide_cell_is_folded_and_never_cut(capsys) -> None:
    word = "BTC-" + "x" * 120
    show([_table((word, 123456.5))])
    printed = capsys.readouterr().out
    assert "…" not in printed
    assert "+123,456.5000" in printed
    assert printed.count("x") == 120
    assert max(map(len, printed.splitlines())) <= WIDTH


@pytest.mark.parametrize("columns", ["40", "80", "300"])
def test_the_width_does_not_depend_on_the_terminal(monkeypatch, capsys, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert console().width == WIDTH
    show([_table(("a" * 60, 1.5))])
    assert "a" * 60 in capsys.readouterr().out


def test_brackets_are_text_not_markup(capsys) -> None:
    show([_table(("[bold]a[/bold]", None), title="[red]t", notes=("[x]",))])
    complain("bad [field]: [/]")
    captured = capsys.readouterr()
    assert "[bold]a[/bold]" in captured.out
    assert "[red]t" in captured.out
    assert "  [x]" in captured.out
    assert captured.err == "bad [field]: [/]\n"


def test_messages_go_to_stderr_in_one_line_each(capsys) -> None:
    long = "/a/very/long/path/" + "x" * 100 + ".toml:3: holdings[0].amount: reason"
    complain(long)
    remark(long)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [long, long]


def test_the_unknown_is_a_dash(capsys) -> None:
    show([_table((None, None))])
    assert capsys.readouterr().out.splitlines()[-2].split() == ["—", "—"]


def test_an_instant_prints_to_the_minute(capsys) -> None:
    table = Table("T", (text("at", "At"),), ((datetime(2026, 2, 1, 8, 30, tzinfo=UTC),),))
    show([table])
    assert "2026-02-01 08:30" in capsys.readouterr().out


def _on_a_terminal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    from rich.console import Console

    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    terminal = Console(file=stream, width=WIDTH, force_terminal=True, highlight=False)
    monkeypatch.setattr(module, "console", lambda **_: terminal)
    show([_table(("a", 1.5), ("b", -1.5))])
    return stream.getvalue()


def test_a_terminal_gets_colour_beside_the_sign(monkeypatch) -> None:
    printed = _on_a_terminal(monkeypatch, TERM="xterm-256color")
    assert "\x1b[32m+1.5000" in printed
    assert "\x1b[31m-1.5000" in printed


def test_no_color_is_honoured_and_signs_stay(monkeypatch) -> None:
    printed = _on_a_terminal(monkeypatch, TERM="xterm-256color", NO_COLOR="1")
    assert "\x1b[32m" not in printed
    assert "\x1b[31m" not in printed
    assert "+1.5000" in printed
    assert "-1.5000" in printed
