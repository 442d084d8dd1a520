"""The example that ships in the package is the one under `examples/`; each example has margin."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from obverse.app.book_file import read_book_file
from obverse.market import simulated
from obverse.risk.accounts import book_accounts


def test_the_built_in_example_is_the_miner() -> None:
    shipped = (resources.files("obverse.app") / "example_book.toml").read_bytes()
    assert shipped == (Path(__file__).parents[2] / "examples" / "miner.toml").read_bytes()


@pytest.mark.parametrize(
    ("name", "accounts"),
    [
        ("miner", ["deribit BTC"]),
        ("basis_desk", ["deribit BTC", "binance BTC", "deribit ETH"]),
        ("leveraged_long", ["deribit BTC"]),
    ],
)
def test_every_account_of_an_example_has_coins_and_is_healthy(
    examples: Path, name: str, accounts: list[str]
) -> None:
    market = simulated(seed=7)
    book, _ = read_book_file(examples / f"{name}.toml", market.asked, market.underlyings)
    found = book_accounts(book, market)
    assert [item.name for item in found] == accounts
    for item in found:
        assert item.state.account.balance.coins > 0
        assert item.state.margin_ratio is None or item.state.margin_ratio > 1
