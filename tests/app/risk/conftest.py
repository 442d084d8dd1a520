"""States of a risk sheet: an example book at the simulated market."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from obverse.app.book_file import read_book_file
from obverse.app.risk.histories import simulated_histories
from obverse.app.risk.state import State
from obverse.market import Market
from obverse.risk import Book
from obverse.risk.accounts import book_accounts

Stated = Callable[[Book], State]


@pytest.fixture(scope="session")
def stated(market: Market) -> Stated:
    """The state of a book at the simulated market."""

    def state(book: Book) -> State:
        coins = [coin for coin in book.underlyings if coin in market.underlyings]
        histories = simulated_histories(7, coins, market.asked)
        accounts = book_accounts(book, market)
        return State(book, market, accounts, histories, histories.volatilities(coins))

    return state


@pytest.fixture(scope="session")
def states(stated: Stated, market: Market, examples: Path) -> dict[str, State]:
    """The example books, by their file's name."""
    names = ("leveraged_long", "miner", "basis_desk")
    paths = {name: examples / f"{name}.toml" for name in names}
    return {
        name: stated(read_book_file(path, market.asked, market.underlyings)[0])
        for name, path in paths.items()
    }
