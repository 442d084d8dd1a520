"""The recorded Binance streams: counts and times against the files, and what broken files say."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from obverse.errors import MarketDataError
from obverse.market.series import Part, checked
from obverse.market.sources.binance_recordings import FORMAT

FOLDER = Path(__file__).parents[3].parent / "shared" / "data" / "binance_coinm_l2"
COIN_M_DEPTH = "cm_btcusd_perp_depth.parquet"
SPOT_DEPTH = "spot_btcusdt_depth.parquet"
SPOT_TOPS = "spot_btcusdt_bookticker.parquet"
SPOT_SNAPSHOT = "spot_btcusdt_depth_snapshot.json"


@pytest.fixture(scope="module")
def folder() -> Path:
    if not FOLDER.exists():
        pytest.skip(f"no recorded Binance streams at {FOLDER}")
    return FOLDER


def _only(path: Path) -> Part:
    (part,) = FORMAT.read(path)
    return part


@pytest.mark.parametrize(
    ("name", "series", "rows"),
    [
        (COIN_M_DEPTH, "binance BTCUSD_PERP book_levels", 659_671),
        ("cm_btcusd_perp_depth_snapshot.json", "binance BTCUSD_PERP book_levels", 2_000),
        ("cm_btcusd_perp_bookticker.parquet", "binance BTCUSD_PERP book_tops", 48_355),
        ("cm_btcusd_perp_trades.parquet", "binance BTCUSD_PERP trades", 5_235),
        (SPOT_DEPTH, "binance_spot BTCUSDT book_levels", 298_111),
        (SPOT_SNAPSHOT, "binance_spot BTCUSDT book_levels", 2_000),
        (SPOT_TOPS, "binance_spot BTCUSDT book_tops", 73_174),
        ("spot_btcusdt_trades.parquet", "binance_spot BTCUSDT trades", 19_904),
    ],
)
def test_every_file_is_recognised_and_read_whole(
    folder: Path, name: str, series: str, rows: int
) -> None:
    assert FORMAT.recognises(folder / name)
    part = checked(_only(folder / name))
    assert part.name == series
    assert part.frame.height == rows
    assert part.findings == ()
    assert part.frame["time"].is_sorted()
    assert (
        part.frame["time"]
        .is_between(
            datetime(2024, 8, 8, 23, 54, 13, tzinfo=UTC), datetime(2024, 8, 9, 0, 5, 6, tzinfo=UTC)
        )
        .all()
    )


def test_differences_say_what_the_file_says(folder: Path) -> None:
    raw = pl.read_parquet(folder / COIN_M_DEPTH)
    levels = checked(_only(folder / COIN_M_DEPTH)).frame
    assert levels["time"].dt.epoch("ms").to_list() == raw["T"].to_list()
    assert levels["sent_time"].dt.epoch("ms").to_list() == raw["E"].to_list()
    assert levels["local_time"].dt.epoch("ns").equals(raw["local_ns"])
    assert levels["update_id"].equals(raw["u"])
    assert (levels["is_bid"].sum(), (~levels["is_bid"]).sum()) == (323_911, 335_760)
    assert not levels["snapshot"].any()
    assert levels["first_update_id"].null_count() == levels.height
    below, above = (
        levels.filter(pl.col("is_bid") == side, pl.col("size") > 0)["price"].median()
        for side in (True, False)
    )
    assert below < above  # type: ignore[operator]


def test_the_recorders_clock_is_1_27_s_behind(folder: Path) -> None:
    for name in (COIN_M_DEPTH, "spot_btcusdt_trades.parquet"):
        frame = _only(folder / name).frame
        delay = (frame["local_time"] - frame["sent_time"]).median()
        assert isinstance(delay, timedelta)
        assert delay.total_seconds() == pytest.approx(-1.27, abs=0.01)


def test_trades_name_the_taker(folder: Path) -> None:
    trades = checked(_only(folder / "cm_btcusd_perp_trades.parquet")).frame
    assert trades.row(0, named=True) == {
        "time": datetime(2024, 8, 8, 23, 54, 17, 679_000, UTC),
        "local_time": datetime(2024, 8, 8, 23, 54, 16, 419_684, UTC),
        "sent_time": datetime(2024, 8, 8, 23, 54, 17, 687_000, UTC),
        "trade_id": "849714402",
        "side": "buy",
        "price": 61804.8,
        "size": 4.0,
        "value_coin": None,
    }
    tops = checked(_only(folder / "cm_btcusd_perp_bookticker.parquet")).frame
    before = trades.with_columns(pl.col("time").dt.offset_by("-1ms")).join_asof(
        tops.select("time", "bid", "ask"), on="time", check_sortedness=False
    )
    middle = (pl.col("bid") + pl.col("ask")) / 2
    bought = before.filter(pl.col("side") == "buy").select((pl.col("price") > middle).mean())
    sold = before.filter(pl.col("side") == "sell").select((pl.col("price") < middle).mean())
    assert bought.item() > 0.9
    assert sold.item() > 0.9


def test_a_coin_m_snapshot_has_its_own_times(folder: Path) -> None:
    book = checked(_only(folder / "cm_btcusd_perp_depth_snapshot.json")).frame
    assert book["snapshot"].all()
    assert set(book["update_id"]) == {1007198635033}
    assert set(book["time"].dt.epoch("ms")) == {1723161257823}
    assert set(book["sent_time"].dt.epoch("ms")) == {1723161257835}
    bids, asks = (book.filter(pl.col("is_bid") == side)["price"] for side in (True, False))
    assert (bids.max(), asks.min()) == (61804.7, 61804.8)
    differences = pl.read_parquet(folder / COIN_M_DEPTH)
    earlier = differences.filter(pl.col("u") <= 1007198635033)["T"].max()
    later = differences.filter(pl.col("u") > 1007198635033)["T"].min()
    assert earlier < 1723161257823 < later  # type: ignore[operator]


def test_a_spot_snapshot_is_placed_before_the_first_differences_beyond_it(folder: Path) -> None:
    book = checked(_only(folder / SPOT_SNAPSHOT)).frame
    differences = pl.read_parquet(folder / SPOT_DEPTH)
    beyond = differences.filter(pl.col("u") > 50093239218)["E"].min()
    assert isinstance(beyond, int)
    assert set(book["time"].dt.epoch("ns")) == {beyond * 10**6 - 1}
    assert book["sent_time"].null_count() == 2_000


def test_spot_quotes_are_placed_by_the_differences(folder: Path) -> None:
    """The recorder sees every quote after it was made, and less than 0.11 s of it is placing."""
    tops = checked(_only(folder / SPOT_TOPS)).frame
    differences = pl.read_parquet(folder / SPOT_DEPTH).unique("u").sort("u")
    for row in tops.gather_every(9_000).iter_rows(named=True):
        reaching = differences.filter(pl.col("u") >= row["update_id"])["E"][0]
        assert row["time"] == datetime.fromtimestamp(reaching / 1000, UTC)
    late = (tops["local_time"] - tops["time"]).dt.total_milliseconds()
    assert late.max() - -1_270 < 30  # type: ignore[operator]
    assert -1_270 - late.quantile(0.001) < 110  # type: ignore[operator]


def test_spot_quotes_without_their_differences_are_refused(folder: Path, tmp_path: Path) -> None:
    for name in (SPOT_TOPS, SPOT_SNAPSHOT):
        shutil.copy(folder / name, tmp_path)
        assert FORMAT.recognises(tmp_path / name)
        with pytest.raises(MarketDataError, match=f"{name} has no exchange time; put {SPOT_DEPTH}"):
            FORMAT.read(tmp_path / name)


def _spot(tmp_path: Path, numbers: list[int], quotes: list[int]) -> Path:
    clocks = {"local_ns": 1, "T": None}
    message = {"side": 1, "price": 1.0, "qty": 1.0}
    rows = [{**clocks, **message, "E": 1000 + number, "u": number} for number in numbers]
    pl.DataFrame(rows).write_parquet(tmp_path / SPOT_DEPTH)
    top = {"E": None, "bid": 1.0, "bid_qty": 1.0, "ask": 2.0, "ask_qty": 1.0}
    path = tmp_path / SPOT_TOPS
    pl.DataFrame([{**clocks, **top, "u": number} for number in quotes]).write_parquet(path)
    return path


def test_quotes_outside_the_differences_are_left_out_and_told(tmp_path: Path) -> None:
    part = _only(_spot(tmp_path, [10, 20], [9, 10, 11, 20, 21]))
    assert part.frame["update_id"].to_list() == [10, 11, 20]
    assert part.frame["time"].dt.epoch("ms").to_list() == [1010, 1020, 1020]
    assert [found.severity for found in part.findings] == ["dropped"]
    assert "2 best quotes outside" in part.findings[0].reason


@pytest.mark.parametrize("number", [9, 20, 21])
def test_a_snapshot_outside_the_differences_is_refused(tmp_path: Path, number: int) -> None:
    _spot(tmp_path, [10, 20], [])
    path = tmp_path / SPOT_SNAPSHOT
    path.write_text(json.dumps({"lastUpdateId": number, "bids": [["1", "1"]], "asks": []}))
    with pytest.raises(MarketDataError, match="10 to 20: it cannot be placed"):
        FORMAT.read(path)


def test_truncated_files_are_named(folder: Path, tmp_path: Path) -> None:
    for source in sorted(folder.iterdir()):
        content = source.read_bytes()
        broken = tmp_path / source.name
        broken.write_bytes(content[: len(content) // 2])
        with pytest.raises(MarketDataError, match=source.name):
            FORMAT.read(broken)
        assert FORMAT.recognises(broken) is (source.suffix == ".json")
        broken.unlink()


def test_strange_sides_and_types(tmp_path: Path) -> None:
    path = _spot(tmp_path, [10], []).with_name(SPOT_DEPTH)
    pl.read_parquet(path).with_columns(side=pl.lit(2)).write_parquet(path)
    with pytest.raises(MarketDataError, match=r"side 2 is neither 1 \(bid\) nor -1 \(ask\)"):
        FORMAT.read(path)
    trade = {
        "local_ns": 1, "E": 2, "T": 1, "id": 7, "price": 1.0, "qty": 1.0,
        "buyer_is_maker": True, "type": "INSURANCE_FUND",
    }  # fmt: skip
    trades = tmp_path / "cm_ethusd_perp_trades.parquet"
    pl.DataFrame([trade]).write_parquet(trades)
    part = _only(trades)
    assert (part.instrument, part.frame["side"][0]) == ("ETHUSD_PERP", "sell")
    assert "as INSURANCE_FUND: kept" in part.findings[0].reason


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"bids": []}, "no whole order book"),
        ({"lastUpdateId": 1, "T": 1, "bids": [["one", "1"]], "asks": []}, "no whole order book"),
        ({"lastUpdateId": 1, "T": 1, "bids": [], "asks": [], "symbol": "X"}, "says it is of X"),
    ],
)
def test_snapshots_that_are_none(tmp_path: Path, body: dict[str, object], said: str) -> None:
    path = tmp_path / "cm_btcusd_perp_depth_snapshot.json"
    path.write_text(json.dumps(body))
    with pytest.raises(MarketDataError, match=said):
        FORMAT.read(path)


@pytest.mark.parametrize(
    "name", ["cm_btcusd_perp_depth.csv", "um_btcusdt_depth.parquet", "notes.txt", "spot_x_depth"]
)
def test_other_files_are_not_recognised(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert not FORMAT.recognises(path)
    path.write_bytes(b"PAR1")
    assert not FORMAT.recognises(path)
    with pytest.raises(MarketDataError, match="no file of a Binance recording"):
        FORMAT.read(path)
