from __future__ import annotations

from pathlib import Path

import pytest

from obverse.app.console import WIDTH, show
from obverse.app.report import Report, report
from obverse.contracts import instant
from obverse.errors import DataError, LocatedError, RuleError
from obverse.market import Market, read, simulated, write
from obverse.risk import Book, Holding

NAMES = ["miner", "basis_desk", "leveraged_long"]
MARKET_KEYS = ["market", "perpetual", "curve", "fair", "trades"]


@pytest.fixture(scope="module")
def miner(market: Market, examples: Path) -> Report:
    return report(market, examples / "miner.toml")


def _keys(made: Report) -> list[tuple[str, str]]:
    return [(item.key, item.underlying) for item in made.sections]


def test_sections_are_in_the_order_of_the_issue(miner: Report) -> None:
    keys = list(dict.fromkeys(item.key for item in miner.sections))
    assert keys == [
        *MARKET_KEYS,
        "holdings",
        "positions",
        "accounts",
        "account",
        "margin_positions",
        "liquidation",
        "exposure",
        "sensitivity",
        "coins",
        "composition",
        "ladder",
        "hedge",
    ]
    assert _keys(miner)[:5] == [("market", ""), *((key, "BTC") for key in MARKET_KEYS[1:])]
    assert ("curve", "ETH") in _keys(miner)


def test_without_a_book_there_is_the_market_alone(market: Market) -> None:
    made = report(market)
    assert {item.key for item in made.sections} == set(MARKET_KEYS)
    assert made.exposure is None
    assert made.ladders == ()


def test_underlyings_choose_the_coins_in_the_order_asked(market: Market, examples: Path) -> None:
    book = examples / "basis_desk.toml"
    made = report(market, book, underlyings=["eth", " BTC", "ETH"])
    assert [term.underlying for term in made.curves] == ["ETH", "BTC"]
    alone = report(market, book, underlyings=["ETH"])
    assert [term.underlying for term in alone.curves] == ["ETH"]
    assert {coin for key, coin in _keys(alone) if key in ("ladder", "hedge")} == {"ETH"}


def test_blank_coins_are_as_if_not_given(market: Market) -> None:
    made = report(market, underlyings=["", "eth", "  "])
    assert [term.underlying for term in made.curves] == ["ETH"]
    everything = report(market, underlyings=["", " "])
    assert (
        [term.underlying for term in everything.curves]
        == list(market.underlyings)
        == ["BTC", "ETH"]
    )


def test_an_unknown_coin_is_refused_with_those_there_are(market: Market) -> None:
    with pytest.raises(DataError, match=r"'DOGE'.*BTC, ETH"):
        report(market, underlyings=["DOGE"])


@pytest.mark.parametrize("face", ["coin", "usd"])
def test_a_face_drops_the_other(miner: Report, face) -> None:
    made = miner.facing(face)
    faces = {column.face for item in made.sections for column in item.table.columns}
    assert faces == {"", face}
    both = {column.face for item in miner.sections for column in item.table.columns}
    assert both == {"", "coin", "usd"}
    assert _keys(made) == _keys(miner)
    for item in made.sections:
        keys = [column.key for column in item.table.columns]
        assert all(len(row) == len(keys) for row in item.table.rows)
    ladder = made.section("ladder", "BTC")
    assert [column.key for column in ladder.columns if column.key.startswith("equity")] == [
        f"equity_{face}"
    ]


def test_prices_and_rates_have_no_face_and_stay(miner: Report) -> None:
    for face in ("coin", "usd"):
        curve = miner.facing(face).section("curve", "BTC")
        assert curve == miner.section("curve", "BTC")


def test_a_section_is_found_by_key_and_coin(miner: Report) -> None:
    assert miner.section("curve", "ETH").rows != miner.section("curve", "BTC").rows
    assert miner.section("market").rows[0][0] == "BTC"
    with pytest.raises(DataError, match=r"no section 'moon'.*market, perpetual"):
        miner.section("moon")


def test_rates_come_from_the_argument_then_the_book_then_an_assumption(
    market: Market, examples: Path
) -> None:
    def rate(book: Path | None, dollar_rate: float | None) -> str:
        made = report(market, book, dollar_rate=dollar_rate)
        return " ".join(made.section("fair", "BTC").notes)

    assert "dollar rate r 4.50%" in rate(examples / "basis_desk.toml", None)
    assert "dollar rate r 1.00%" in rate(examples / "basis_desk.toml", 0.01)
    assert "assumed" not in rate(examples / "basis_desk.toml", None)
    assert "assumed: dollar rate, spot fee" in rate(None, None)
    assert "assumed: spot fee" in rate(None, 0.01)


def test_a_books_coin_yield_lowers_the_fair_price(market: Market, examples: Path) -> None:
    def fair(book: Path) -> float:
        made = report(market, book, dollar_rate=0.04)
        return float(made.section("fair", "ETH").records()[-1]["fair_usd"])  # type: ignore[arg-type]

    assert fair(examples / "basis_desk.toml") < fair(examples / "miner.toml")


def test_a_book_may_be_made_in_python(market: Market) -> None:
    made = report(market, Book("mine", (Holding("BTC", "2"),)))  # type: ignore[arg-type]
    (row,) = made.section("holdings").records()
    assert float(row["worth_usd"]) == pytest.approx(2 * float(market["BTC"].index))  # type: ignore[arg-type]


def test_a_books_faults_come_with_their_place(market: Market, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('[[holdings]]\ncurrency = "BTC"\namount = nan\n', encoding="utf-8")
    with pytest.raises(LocatedError, match=r"bad\.toml:3: holdings\[0\]\.amount"):
        report(market, path)


def test_a_venue_that_closed_is_reported_on_up_to_its_last_day() -> None:
    last = simulated(seed=7, venue="bitmex", at=instant("2026-09-22"))
    assert report(last).rules.venue == "bitmex"
    with pytest.raises((DataError, RuleError), match="closed on 2026-09-23"):
        report(simulated(seed=7, venue="bitmex", at=instant("2026-09-24")))


def test_text_holds_every_title_and_is_plain(miner: Report) -> None:
    text = str(miner)
    assert all(item.table.title in text for item in miner.sections)
    assert "SIMULATED market" in text
    assert "\x1b" not in text
    assert repr(miner) == text


def test_html_is_written_whole_or_not_at_all(miner: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert miner.to_html(path) == path
    assert path.read_text(encoding="utf-8") == miner.to_html()
    with pytest.raises(OSError, match="none"):
        miner.to_html(tmp_path / "none" / "report.html")


def test_a_simulated_market_says_so_and_a_recorded_one_does_not(
    market: Market, deribit_data: Path
) -> None:
    recorded = report(read(deribit_data, at="2026-02-01T00:00:00Z"))
    assert "simulated" not in str(recorded).lower()
    assert any("recorded Deribit curves." in note for note in recorded.section("market").notes)
    assert str(report(market)).lower().count("simulated") >= 3


def test_an_old_snapshot_shows_its_age(deribit_data: Path) -> None:
    made = report(read(deribit_data, at="2026-02-01T00:00:00Z"))
    row = made.section("market").records()[0]
    assert f"{row['at']:%Y-%m-%d %H:%M:%S}" == "2026-01-31 21:21:33"
    assert row["age_hours"] == pytest.approx(2 + 38 / 60 + 26 / 3600, abs=1e-3)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A market of one instant, 2026-02-05 at noon; a weekly is delivered on the day after."""
    path = tmp_path_factory.mktemp("shelf") / "market.csv"
    write(simulated(at="2026-02-05T12:00:00Z"), path)
    return path


def _warnings(made: Report) -> list[str]:
    notes = made.section("market").notes
    return [note for note in notes if note.startswith("WARNING")]


def test_a_snapshot_of_more_than_a_day_is_warned_of(shelf: Path) -> None:
    aged = report(read(shelf, at="2026-02-08T12:00:00Z"))
    assert _warnings(aged) == [
        f"WARNING: the {coin} snapshot is 3 days old; nothing later is in {aged.market.source}."
        for coin in ("BTC", "ETH")
    ]
    alone = report(read(shelf, at="2026-02-08T12:00:00Z"), underlyings=["ETH"])
    assert len(_warnings(alone)) == 1
    assert "ETH" in _warnings(alone)[0]


@pytest.mark.parametrize(
    ("at", "warned"),
    [
        ("2026-02-05T12:00:00Z", False),
        ("2026-02-06T12:00:00Z", False),  # a day is not yet more than a day
        ("2026-02-06T12:00:01Z", True),
    ],
)
def test_up_to_a_day_there_is_no_warning(shelf: Path, at: str, *, warned: bool) -> None:
    assert bool(_warnings(report(read(shelf, at=at)))) is warned


def test_hedges_are_of_contracts_alive_at_the_instant_asked(shelf: Path, examples: Path) -> None:
    """Of the snapshot's quotes those that were delivered since are no hedge any more."""

    def offered(at: str) -> list[object]:
        made = report(read(shelf, at=at), examples / "miner.toml")
        return [row["symbol"] for row in made.section("hedge", "BTC").records()]

    before, after = offered("2026-02-05T12:00:00Z"), offered("2026-02-06T12:00:00Z")
    assert before[:2] == ["BTC-PERPETUAL", "BTC-6FEB26"]
    assert after == [symbol for symbol in before if symbol != "BTC-6FEB26"]


def test_an_old_recorded_snapshot_is_warned_of_and_hedges_with_what_lives(
    deribit_data: Path, examples: Path
) -> None:
    made = report(read(deribit_data, at="2026-05-02T00:00:00Z"), examples / "miner.toml")
    assert len(_warnings(made)) == 2
    assert "BTC-1MAY26" in made.market["BTC"]
    offered = [row["symbol"] for row in made.section("hedge", "BTC").records()]
    assert "BTC-8MAY26" in offered
    assert "BTC-1MAY26" not in offered


def test_the_trades_say_that_spot_is_paid_each_way(miner: Report) -> None:
    for coin in ("BTC", "ETH"):
        first, *_ = miner.section("trades", coin).notes
        assert "Fees of value: spot 0.100% each way, future taker 0.050%," in first


def test_every_table_of_a_simulated_market_says_so(miner: Report) -> None:
    titles = [item.table.title for item in miner.sections]
    assert [title for title in titles if "simulated" not in title.lower()] == []
    assert [title for title in titles if title.lower().count("simulated") > 1] == []


def test_sensitivities_stand_beside_exposures(miner: Report) -> None:
    for key, column in (("exposure", "effective_leverage"), ("sensitivity", "dollar_delta_usd")):
        table = miner.section(key, "BTC")
        assert column in table.records()[0]
        assert table.records()[-1]["name"] == "total"
    assert {coin for key, coin in _keys(miner) if key == "sensitivity"} == {
        coin for key, coin in _keys(miner) if key == "exposure"
    }


def test_a_market_without_a_perpetual_says_so(deribit_data: Path) -> None:
    made = report(read(deribit_data, at="2026-04-30T23:00:00Z"))
    table = made.section("perpetual", "BTC")
    assert table.rows == ()
    assert table.notes == ("No perpetual was quoted in this market at that time.",)


def _fits(made: Report, capsys: pytest.CaptureFixture[str]) -> None:
    assert max(map(len, str(made).splitlines())) <= WIDTH
    show(item.table for item in made.sections)
    printed = capsys.readouterr().out
    assert "…" not in printed
    assert max(map(len, printed.splitlines())) <= WIDTH
    for item in made.sections:
        assert item.table.title in printed
        for cells in item.table.cells():
            assert any(all(cell in line for cell in cells) for line in printed.splitlines()), (
                f"{item.table.title}: {cells}"
            )


@pytest.mark.parametrize("name", NAMES)
def test_every_row_fits_one_line_of_100_columns(
    market: Market, examples: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _fits(report(market, examples / f"{name}.toml"), capsys)


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_market_fits_too(
    deribit_data: Path, examples: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = read(deribit_data, at="2026-02-01T00:00:00Z")
    _fits(report(recorded, examples / f"{name}.toml"), capsys)
