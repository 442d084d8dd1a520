"""The public face: what is documented is there, what is there is documented, and it feels so."""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import obverse as ob

ROOT = Path(__file__).parents[1]
API = ROOT / "docs" / "api.md"


def _documented() -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", API.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_facade_is_what_is_documented() -> None:
    names = _documented()
    assert len(names) == len(set(names))
    assert set(names) == set(ob.__all__)


def test_every_documented_name_says_what_it_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", API.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name, text in rows if len(text) < 10] == []
    assert len(rows) == len(ob.__all__)


@pytest.mark.parametrize("name", ob.__all__)
def test_every_public_name_loads_and_is_described(name: str) -> None:
    thing = getattr(ob, name)
    assert thing is getattr(ob, name)
    assert name in dir(ob)
    if not isinstance(thing, ob.Currency):
        assert (thing.__doc__ or "").strip()


def test_names_are_sorted_as_ruff_wants() -> None:
    constants = [name for name in ob.__all__ if name.isupper()]
    classes = [name for name in ob.__all__ if name[0].isupper() and not name.isupper()]
    others = [name for name in ob.__all__ if name[0].islower()]
    assert ob.__all__ == sorted(constants) + sorted(classes) + sorted(others)


def test_what_type_checkers_see_is_what_loads() -> None:
    source = (ROOT / "src" / "obverse" / "__init__.py").read_text(encoding="utf-8")
    checked = source.split("if TYPE_CHECKING:")[1].split("\n_HOMES")[0]
    seen = set(re.findall(r"\b(\w+)\b(?=[,\n)])", checked)) - {"import", "TYPE_CHECKING"}
    assert set(ob.__all__) <= seen


def test_every_name_of_every_room_loads() -> None:
    rooms = [getattr(ob, name) for name in ob.__all__ if isinstance(getattr(ob, name), ModuleType)]
    assert len(rooms) >= 6
    for room in rooms:
        assert room.__all__
        for name in room.__all__:
            assert getattr(room, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'obverse' has no attribute 'moon'"):
        ob.moon  # noqa: B018


def test_importing_the_package_costs_nothing() -> None:
    code = "import sys, obverse; print(sorted(m for m in sys.modules if m.startswith('obverse')))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "['obverse']"


def test_the_examples_of_the_documentation_run() -> None:
    found = doctest.testfile(
        str(API), module_relative=False, optionflags=doctest.REPORT_ONLY_FIRST_FAILURE
    )
    assert found.failed == 0
    assert found.attempted > 20


def test_the_readmes_python_runs_and_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S
    )
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    for line, said in re.findall(r"^(position\..*?)\s+# (.*)$", block, re.MULTILINE):
        assert str(eval(line, names)) == said
    assert (tmp_path / "report.html").exists()


def test_the_first_lines_of_python() -> None:
    deribit = ob.rulebook("deribit", as_of="2026-02-01")
    perpetual = deribit.instrument("BTC-PERPETUAL")
    assert perpetual == deribit.instrument("BTC/USD:BTC")
    position = (
        ob.Position.flat(perpetual)
        .buy(usd_amount=100_000, price="10000")
        .buy(usd_amount=100_000, price="20000")
    )
    assert str(position.average_price) == "13,333.33 USD"
    gain = position.pnl(price="20000")
    assert (str(gain), repr(gain)) == ("5.00000000 BTC", "5.00000000 BTC")
    assert str(gain.in_usd("20000")) == "100,000.00 USD"
    assert str(gain) != "3.33333333 BTC"  # what an arithmetic average of 15,000 would give


def test_contracts_of_one_dollar_average_alike() -> None:
    bybit = ob.rulebook("bybit", as_of="2023-02-01").instrument("BTCUSD")
    position = ob.Position.flat(bybit).buy(100_000, price="10000").buy(100_000, price="20000")
    assert str(position.average_price) == "13,333.33 USD"
    assert str(position.pnl(price="20000")) == "5.00000000 BTC"


def test_the_last_lines_of_python(tmp_path: Path) -> None:
    market = ob.market.simulated(seed=7)
    curve = ob.curve(market, "BTC")
    assert "BTC curve" in str(curve)
    assert "(USD)" in str(curve)
    assert curve._repr_html_().startswith("<table")
    assert len(curve.to_frame()) == len(curve.nodes)
    assert curve.plot().get_xlabel()
    path = tmp_path / "report.html"
    made = ob.report(market, book=ROOT / "examples" / "miner.toml")
    made.to_html(path)
    assert "simulated market" in path.read_text(encoding="utf-8")


def test_the_command_is_installed_under_its_name() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, name = project["scripts"]["obverse"].split(":")
    assert callable(getattr(importlib.import_module(module), name))
