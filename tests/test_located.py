"""TOML with line numbers: every construct has its line, and every fault says it."""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import LocatedError
from obverse.located import LocatedToml, Path, convert, field_name, parse


class Tier(msgspec.Struct, forbid_unknown_fields=True):
    cap: Decimal
    rate: Decimal | None = None


class Rule(msgspec.Struct, forbid_unknown_fields=True, rename={"begins": "from"}):
    begins: int = 0
    tiers: list[Tier] = []
    counts: dict[Literal["weekly", "monthly"], int] = {}
    names: list[str] = []
    rates: dict[str, Decimal] = {}


class House(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    rules: list[Rule] = []


def read(text: str) -> LocatedToml:
    return parse(dedent(text), "house.toml")


def refusal(text: str) -> str:
    """Say why a house is refused."""
    with pytest.raises(LocatedError) as refused:
        convert(read(text), House)
    return str(refused.value)


# Lines

STRUCTURES: dict[str, tuple[str, dict[Path, int]]] = {
    "keys": ("a = 1\n\n  b = 2\n", {("a",): 1, ("b",): 3}),
    "a table and its keys": (
        "[t]\nx = 1\n[t.u]\ny = 2\n",
        {("t",): 1, ("t", "x"): 2, ("t", "u", "y"): 4},
    ),
    "dotted keys": ("a.b = 1\n[t]\nc . d.e = 2\n", {("a", "b"): 1, ("t", "c", "d", "e"): 3}),
    "quoted keys": ('\'a.b\' = 1\n["t.u"]\n"x y" = 2\n', {("a.b",): 1, ("t.u", "x y"): 3}),
    "an array of tables": (
        "[[r]]\nx = 1\n[[r]]\nx = 2\n",
        {("r", 0): 1, ("r", 0, "x"): 2, ("r", 1): 3, ("r", 1, "x"): 4},
    ),
    "nested arrays of tables": (
        "[[r]]\n[[r.t]]\nx = 1\n[[r.t]]\nx = 2\n[[r]]\n[[r.t]]\nx = 3\n[r.s]\ny = 4\n",
        {
            ("r", 0, "t", 0, "x"): 3,
            ("r", 0, "t", 1): 4,
            ("r", 0, "t", 1, "x"): 5,
            ("r", 1): 6,
            ("r", 1, "t", 0, "x"): 8,
            ("r", 1, "s", "y"): 10,
        },
    ),
    "an inline table": ("a = { x = 1, y = { z = 2 } }\nb = 1\n", {("a", "y", "z"): 1, ("b",): 2}),
    "an array, an item a line": (
        "a = [\n  1,\n  # two\n  2,\n\n  3\n]\nb = 1\n",
        {("a",): 1, ("a", 0): 2, ("a", 1): 4, ("a", 2): 6, ("b",): 8},
    ),
    "an array, many items a line": (
        "a = [1, 2,\n  3, 4,\n]\nb = 1\n",
        {("a", 0): 1, ("a", 1): 1, ("a", 2): 2, ("a", 3): 2, ("b",): 4},
    ),
    "an array of inline tables": (
        "a = [{ x = 1 },\n  { x = [2,\n  3] }, { x = 4 },\n  { x = 5 }]\n",
        {("a", 0, "x"): 1, ("a", 1, "x"): 2, ("a", 2, "x"): 3, ("a", 3, "x"): 4},
    ),
    "an array of arrays": (
        "a = [\n  [1,\n   2],\n  [3],\n]\nb = 1\n",
        {("a", 0, 1): 2, ("a", 1, 0): 4, ("b",): 6},
    ),
    "a multi-line string": (
        'a = """\n[not.a.table]\nb = 1 # [\n\\""" {\n"""\nb = 2\n',
        {("a",): 1, ("b",): 6},
    ),
    "a multi-line literal string": ("a = '''\nb = \"\"\" [\n'''\nb = 2\n", {("a",): 1, ("b",): 4}),
    "a multi-line string on one line": ('a = """ [ { """\nb = 2\n', {("b",): 2}),
    "multi-line strings in an array": (
        'a = ["""\n]\n""", """x"", [""", \'y\']\nb = 1\n',
        {("a", 0): 1, ("a", 1): 3, ("a", 2): 3, ("b",): 4},
    ),
    "brackets in strings and comments": (
        'a = \'[\' # {\nb = "\\"[{" # ]\n# [c]\nd = 1\n',
        {("a",): 1, ("b",): 2, ("d",): 4},
    ),
    "signs in strings": (
        "a = '#'\nb = '=' # c = 1\n['d#=]']\ne = 1\n",
        {("b",): 2, ("d#=]", "e"): 4},
    ),
    "headers with spaces and comments": (
        "[ t . u ] # x\na = 1\n[[ r ]]# y\n",
        {("t", "u", "a"): 2, ("r", 0): 3},
    ),
    "windows line ends": (
        "a = 1\r\nb = [\r\n  1,\r\n]\r\n[t]\r\nc = 1\r\n",
        {("b", 0): 3, ("t", "c"): 6},
    ),
}


@pytest.mark.parametrize("kind", STRUCTURES)
def test_every_construct_has_its_line(kind: str) -> None:
    text, expected = STRUCTURES[kind]
    document = parse(text, "x.toml")
    assert {path: document.line(path) for path in expected} == expected


@pytest.mark.parametrize("kind", STRUCTURES)
def test_no_line_is_claimed_for_a_field_that_is_not_there(kind: str) -> None:
    text, _ = STRUCTURES[kind]
    document = parse(text, "x.toml")
    assert ("c",) not in document.lines
    for path in document.lines:
        value = document.data
        for step in path:
            if isinstance(value, dict) and isinstance(step, int):
                break  # an inline table's entries are counted like an array's
            value = value[step]  # type: ignore[index]


def test_a_field_without_a_line_has_that_of_what_is_around_it() -> None:
    document = read("""
        [[rules]]
        tiers = [{ cap = 1 }]
        """)
    assert document.line(("rules", 0, "tiers", 0, "rate")) == 3
    assert document.line(("rules", 0, "from")) == 2
    assert document.line(("nothing",)) is None


def test_a_table_without_a_line_has_that_of_the_first_thing_in_it() -> None:
    document = read("""
        [[rules]]
        [house.door]
        key = 1
        """)
    assert document.line(("rules",)) == 2
    assert document.line(("house",)) == 3


@given(
    st.lists(
        st.sampled_from(
            ["# [\n", "\n", "x{} = [1, 2]\n", "x{} = '''\n\n]'''\n", "x{} = {{ a = 1 }}\n"]
        )
    )
)
def test_keys_are_found_whatever_stands_before_them(parts: list[str]) -> None:
    text = "".join(part.format(place) for place, part in enumerate(parts)) + "last = 1"
    assert parse(text, "x.toml").line(("last",)) == text.count("\n") + 1


def test_a_field_is_written_as_people_read_it() -> None:
    assert field_name(("margin", 2, "tiers", 0, "cap")) == "margin[2].tiers[0].cap"
    assert field_name(("venue",)) == "venue"
    assert field_name(()) == ""


# Reading


def test_numbers_are_exact_decimals() -> None:
    data = read("a = 0.1\nb = 1e-3\nc = 1_000.50\nd = 5").data
    assert data == {"a": Decimal("0.1"), "b": Decimal("0.001"), "c": Decimal("1000.50"), "d": 5}
    assert isinstance(data["a"], Decimal)
    assert not any(isinstance(value, float) for value in data.values())


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = = 2\n", 2), ("a = [\n1,\n", None), ("a = 1\n\na = 2\n", 3), ("[t\n", 1)],
)
def test_bad_syntax_is_refused_with_its_line(text: str, line: int | None) -> None:
    with pytest.raises(LocatedError, match="not TOML: ") as refused:
        parse(text, "bad.toml")
    (fault,) = refused.value.faults
    assert (fault.path, fault.line) == ("bad.toml", line)
    assert "at line" not in fault.reason


def test_a_file_becomes_a_record() -> None:
    house = convert(read('name = "x"\n[[rules]]\nfrom = 3\ntiers = [{ cap = 0.1 }]\n'), House)
    assert house == House("x", [Rule(3, [Tier(Decimal("0.1"))])])


def test_an_unknown_field_suggests_the_nearest() -> None:
    text = 'name = "x"\n[[rules]]\ntiers = [\n  { cap = 1 },\n  { cap = 2, capp = 1 },\n]\n'
    assert refusal(text) == (
        "house.toml:5: rules[0].tiers[1].capp: unknown field 'capp'; did you mean 'cap'?"
    )
    assert "did you mean" not in refusal('name = "x"\nzzz = 1\n')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[rules]]\n", "house.toml: Object missing required field `name`"),
        ('name = "x"\nrules = 3', "house.toml:2: rules: Expected `array`, got `int`"),
        (
            'name = "x"\n[[rules]]\nfrom = "a"',
            "house.toml:3: rules[0].from: Expected `int`, got `str`",
        ),
        (
            'name = "x"\n[[rules]]\nnames = ["a", "b",\n  3]',
            "house.toml:4: rules[0].names[2]: Expected `str`, got `int`",
        ),
        (
            'name = "x"\n[[rules]]\n[[rules.tiers]]\nrate = 1',
            "house.toml:3: rules[0].tiers[0]: Object missing required field `cap`",
        ),
        (
            'name = "x"\n[[rules]]\ncounts = { weekly = 1, yearly = 2 }',
            "house.toml:3: rules[0].counts: Invalid enum value 'yearly'",
        ),
        (
            'name = "x"\n[[rules]]\n[rules.counts]\nweekly = "q"',
            "house.toml:3: rules[0].counts: Expected `int`, got `str`",
        ),
    ],
    ids=["missing", "kind", "renamed", "item", "nested", "word as key", "value of a mapping"],
)
def test_a_wrong_value_is_refused_with_its_line(text: str, reason: str) -> None:
    assert refusal(text) == reason


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "'NaN'"])
def test_numbers_that_are_not_finite_are_refused_wherever_they_stand(number: str) -> None:
    text = f'name = "x"\n[[rules]]\ntiers = [{{ cap = 1 }},\n  {{ cap = 1, rate = {number} }}]\n'
    assert "house.toml:4: rules[0].tiers[1].rate: " in refusal(text)
    text = f'name = "x"\n[[rules]]\nrates = {{ BTC = 1, ETH = {number} }}\n'
    assert "house.toml:3: rules[0].rates.ETH: " in refusal(text)
