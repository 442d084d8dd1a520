"""The example that ships in the package is the one under `examples/`."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def test_the_built_in_example_is_the_miner() -> None:
    shipped = (resources.files("obverse.app") / "example_book.toml").read_bytes()
    assert shipped == (Path(__file__).parents[2] / "examples" / "miner.toml").read_bytes()
