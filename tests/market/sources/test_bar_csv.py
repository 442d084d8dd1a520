"""Tables with column maps: recorded spot bars, the documented example, and every fault."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import LocatedError, MarketDataError
from obverse.market.series import Part, checked
from obverse.market.sources.bar_csv import FORMATS, read_by
from obverse.market.sources.column_maps import ColumnMap, TimeColumn, read_column_map
from obverse.market.sources.recorded_spot import spot_maps

ROOT = Path(__file__).parents[3]
SPOT = ROOT.parent / "shared" / "data" / "spot"
OPEN, CLOSE, EVENT = FORMATS
MAP = """
venue = "coinbase"
instrument = "BTC-USD"
kind = "bars_1h"
[time]
column = "t"
label = "open"
unit = "s"
[columns]
open = "o"
high = "h"
low = "l"
close = "c"
"""
TABLE = "t,o,h,l,c\n3600,10,12,9,11\n"


@pytest.fixture(scope="module")
def spot() -> Path:
    if not SPOT.exists():
        pytest.skip(f"no recorded spot bars at {SPOT}")
    return SPOT


def _bars(path: Path) -> Part:
    (part,) = OPEN.read(path)
    return checked(part)


def _written(folder: Path, table: str = TABLE, columns: str = MAP, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_text(table, encoding="utf-8")
    (folder / "x.columns.toml").write_text(columns, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "series", "rows"),
    [
        ("coinbase_btcusd_1h_2017_2019", "coinbase BTC-USD bars_1h", 16_863 - 5),
        ("coinbase_ethusd_1h_2017_2019", "coinbase ETH-USD bars_1h", 16_863 - 5),
        ("coinbase_ltcusd_1h_2017_2019", "coinbase LTC-USD bars_1h", 16_863 - 5),
        ("coinbase_btcusd_1d", "coinbase BTC-USD bars_1d", 1_635 - 1),
        ("coinbase_ethusd_1d", "coinbase ETH-USD bars_1d", 1_092 - 1),
        ("coinbase_ltcusd_1d", "coinbase LTC-USD bars_1d", 1_004 - 1),
        ("bitstamp_btcusd_1h_2018_2021", "bitstamp BTC/USD bars_1h", 31_963),
        ("bitstamp_btcusd_1d", "bitstamp BTC/USD bars_1d", 3_104 - 1),
        ("binanceus_btcusd_1m_2023_03", "binanceus BTCUSD bars_1m", 30_240),
        ("binanceus_btcusdc_1m_2023_03", "binanceus BTCUSDC bars_1m", 30_240),
    ],
)
def test_recorded_spot_bars_have_built_in_maps(
    spot: Path, name: str, series: str, rows: int
) -> None:
    path = spot / f"{name}.parquet"
    assert [form for form in FORMATS if form.recognises(path)] == [OPEN]
    part = _bars(path)
    assert (part.name, part.frame.height) == (series, rows)
    assert part.frame["time"].is_sorted()
    steps = set((part.frame["time"] - part.frame["open_time"]).unique())
    assert steps == {part.kind.interval}


def test_every_recorded_spot_file_has_a_map(spot: Path) -> None:
    assert set(spot_maps()) == {path.name for path in spot.glob("*.parquet")}


def test_a_bars_time_is_its_close(spot: Path) -> None:
    bar = _bars(spot / "coinbase_btcusd_1d.parquet").frame.row(-1, named=True)
    assert (bar["open_time"], bar["time"]) == (
        datetime(2019, 6, 3, tzinfo=UTC), datetime(2019, 6, 4, tzinfo=UTC),
    )  # fmt: skip
    assert (bar["close"], bar["volume_coin"]) == (8107.96, 15411.03)


@pytest.mark.parametrize(("coin", "differing"), [("btc", 8), ("eth", 8), ("ltc", 8)])
def test_coinbases_days_are_its_hours_put_together(spot: Path, coin: str, differing: int) -> None:
    """Labels of both are opens, once the hours labelled in New York are put right.

    As the file has them 59 days close elsewhere than their last hour.
    """
    hours = _bars(spot / f"coinbase_{coin}usd_1h_2017_2019.parquet").frame
    made = hours.group_by_dynamic("open_time", every="1d").agg(pl.len(), pl.col("close").last())
    days = _bars(spot / f"coinbase_{coin}usd_1d.parquet").frame
    both = days.join(made.filter(pl.col("len") == 24), on="open_time")
    assert both.height == 688
    assert (both["close"] != both["close_right"]).sum() == differing


def test_coinbases_hours_labelled_in_new_york_are_put_right(spot: Path) -> None:
    """Month by month its closes fit BitMEX's minutes best where they stand."""
    bitmex = spot.parent / "bitmex" / "xbtusd_1m_2017.parquet"
    if not bitmex.exists():
        pytest.skip(f"no recorded minutes at {bitmex}")
    part = _bars(spot / "coinbase_btcusd_1h_2017_2019.parquet")
    assert [str(found).split(": ", 1)[1] for found in part.findings] == [
        "1,208 rows labelled 2017-09-22T20:00:00Z to 2017-11-12T03:00:00Z are by the clocks of "
        "America/New_York: put right",
        "5 rows came twice, the same",
    ]
    steps = part.frame.select("time", step=pl.col("open_time").diff().dt.total_hours())
    assert steps.filter(pl.col("step") != 1).rows() == [
        (datetime(2017, 9, 23, 1, tzinfo=UTC), 5), (datetime(2017, 11, 5, 7, tzinfo=UTC), 2),
    ]  # fmt: skip
    minutes = pl.read_parquet(bitmex).select(
        pl.col("close_time").cast(pl.Datetime("ns", "UTC")).alias("time"), "close_x100"
    )
    fits: dict[int, list[float]] = {}
    for hours in (-5, -4, -1, 0, 1, 4, 5):
        shifted = part.frame.with_columns(pl.col("time").dt.offset_by(f"{hours}h"))
        premium = shifted.join(minutes, on="time").select(
            "time", premium=(pl.col("close") / pl.col("close_x100")).log()
        )
        scatter = (pl.col("premium") - pl.col("premium").median()).abs().median()
        fits[hours] = (
            premium.group_by_dynamic("time", every="1mo").agg(scatter)["premium"].to_list()
        )
    best = {min(fits, key=lambda hours: fits[hours][month]) for month in range(6)}
    assert best == {0}


@pytest.mark.parametrize("coin", ["btc", "eth", "ltc"])
def test_coinbases_last_day_holds_its_first_two_hours(spot: Path, coin: str) -> None:
    volume = f"Volume {coin.upper()}"
    day = pl.read_parquet(spot / f"coinbase_{coin}usd_1d.parquet").row(0, named=True)
    hours = pl.read_parquet(spot / f"coinbase_{coin}usd_1h_2017_2019.parquet").tail(2)
    assert day["Date"] == "2019-06-04"
    assert day[volume] == pytest.approx(hours[volume].sum(), rel=1e-5)
    findings = _bars(spot / f"coinbase_{coin}usd_1d.parquet").findings
    assert ["2019-06-04T00:00:00Z, was still open" in str(each) for each in findings] == [True]


@pytest.mark.parametrize(
    ("name", "rows"), [("bitstamp_btcusd_1d", 1_180), ("bitstamp_btcusd_1h_2018_2021", 20_143)]
)
def test_bitstamps_volumes_are_put_right(spot: Path, name: str, rows: int) -> None:
    path = spot / f"{name}.parquet"
    raw = pl.read_parquet(path)
    assert raw.filter(pl.col("Volume BTC") > pl.col("Volume USD")).height == rows
    part = _bars(path)
    assert f"flagged {path.name}: {rows:,} rows from" in " ".join(map(str, part.findings))
    traded = part.frame.filter(pl.col("volume_coin") > 0)
    price = traded["volume_quote"] / traded["volume_coin"]
    assert (price / traded["close"]).is_between(0.8, 1.2).all()
    untraded = part.frame.filter(pl.col("volume_coin") == 0)
    assert 0 < untraded.height < 10


def test_bars_without_a_trade_repeat_the_close_before(spot: Path) -> None:
    for name in ("coinbase_btcusd_1h_2017_2019", "bitstamp_btcusd_1h_2018_2021"):
        bars = _bars(spot / f"{name}.parquet").frame.with_columns(before=pl.col("close").shift(1))
        untraded = bars.filter(pl.col("volume_coin") == 0)
        assert 4 < untraded.height < 30
        assert (untraded["close"] == untraded["before"]).mean() > 0.9  # type: ignore[operator]
        assert (untraded["high"] == untraded["low"]).all()


def test_the_documented_example(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "column-maps.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL))
    path = _written(tmp_path, blocks["csv"], blocks["toml"])
    part = _bars(path)
    assert part.name == "coinbase BTC-USD bars_1h"
    assert part.frame.height == 2
    assert part.frame.row(0, named=True) == {
        "time": datetime(2019, 6, 4, 1, tzinfo=UTC),
        "open_time": datetime(2019, 6, 4, tzinfo=UTC),
        "local_time": None,
        "open": 8107.96, "high": 8107.96, "low": 7700.0, "close": 7955.07,
        "volume_contracts": None, "volume_quote": 48_760_000.0, "volume_coin": 6176.49,
        "trades": None, "average_price": None,
    }  # fmt: skip


def test_maps_are_found_beside_a_table_or_in_its_folder(tmp_path: Path) -> None:
    path = _written(tmp_path)
    assert _bars(path).instrument == "BTC-USD"
    other = tmp_path / "other.csv.gz"
    other.write_bytes(gzip.compress(TABLE.encode()))
    assert not OPEN.recognises(other)
    with pytest.raises(MarketDataError, match=r"no column map; write one to other\.columns\.toml"):
        OPEN.read(other)
    shared = MAP.replace("coinbase", "bitstamp").replace('"open"\nunit', '"close"\nunit')
    (tmp_path / "columns.toml").write_text(shared)
    assert [form.recognises(other) for form in FORMATS] == [False, True, False]
    (part,) = CLOSE.read(other)
    assert part.venue == "bitstamp"
    assert part.frame["time"].dt.epoch("s").to_list() == [3600]
    assert part.frame["open_time"].dt.epoch("s").to_list() == [0]
    assert _bars(path).venue == "coinbase"
    assert not any(form.recognises(tmp_path / "x.columns.toml") for form in FORMATS)
    assert not any(form.recognises(tmp_path) for form in FORMATS)


@pytest.mark.parametrize(
    ("time", "cell", "expected"),
    [
        ('unit = "ms"', "1559606400123", "2019-06-04T00:00:00.123"),
        ('unit = "s"', "1559606400.123456789", "2019-06-04T00:00:00.123456"),
        ('unit = "us"', "1559606400123456", "2019-06-04T00:00:00.123456"),
        ('format = "%Y-%m-%d %I-%p"\nzone = "UTC"', "2019-06-04 01-PM", "2019-06-04T13:00:00"),
        ('format = "%Y-%m-%d"\nzone = "UTC"', "2019-06-04", "2019-06-04T00:00:00"),
        ('format = "%d.%m.%Y %H:%M"\nzone = "Europe/London"', "04.06.2019 01:00",
         "2019-06-04T00:00:00"),
        ('format = "%Y-%m-%d %H:%M:%S%z"', "2019-06-04 02:00:00+02:00", "2019-06-04T00:00:00"),
        ("", "2019-06-04T00:00:00.000000001Z", "2019-06-04T00:00:00"),
        ("", "2019-06-04T00:00:00.5Z", "2019-06-04T00:00:00.500"),
    ],
)  # fmt: skip
def test_times_are_read_as_the_map_says(
    tmp_path: Path, time: str, cell: str, expected: str
) -> None:
    path = _written(tmp_path, f"t,o,h,l,c\n{cell},1,1,1,1\n", MAP.replace('unit = "s"', time))
    opened = _bars(path).frame["open_time"][0]
    assert opened.replace(tzinfo=None) == datetime.fromisoformat(expected)
    assert opened.utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("time", "cell"),
    [
        ('unit = "s"', "soon"),
        ('format = "%Y-%m-%d"\nzone = "UTC"', "2019-13-04"),
        ('format = "%Y-%m-%d %H:%M"\nzone = "Europe/London"', "2019-10-27 01:30"),
        ("", "2019-06-04T00:00:00"),
        ('unit = "ns"', "9223372036854775807"),
        ('unit = "s"', "99999999999999999999"),
        ('format = "%Y-%m-%d"\nzone = "UTC"', "2300-01-01"),
        ('format = "%Y-%m-%d"\nzone = "UTC"', "0001-01-01"),
    ],
)
def test_times_that_cannot_be_read_are_told_with_their_line(
    tmp_path: Path, time: str, cell: str
) -> None:
    table = f"t,o,h,l,c\n,1,1,1,1\n{cell},1,1,1,1\n"
    path = _written(tmp_path, table, MAP.replace('unit = "s"', time))
    with pytest.raises(MarketDataError, match=f"x.csv line 3: t '{cell}' is no time of the map"):
        OPEN.read(path)


def test_numbers_are_read_strictly_and_empty_cells_are_unknown(tmp_path: Path) -> None:
    path = _written(tmp_path, "t,o,h,l,c\n1,1,1,1,1\n2,1,1,1,one\n")
    with pytest.raises(MarketDataError, match=r"x\.csv line 3: c 'one' is no number"):
        OPEN.read(path)
    path = _written(tmp_path, "t,o,h,l,c\n1,1,1,1,1\n2,1,1,1,\n3,1,1\n4,1,1,1,nan\n")
    part = _bars(path)
    assert part.frame.height == 1
    assert [found.severity for found in part.findings] == ["dropped", "dropped"]


def test_events_have_constants_flags_and_whole_numbers(tmp_path: Path) -> None:
    funding = """
venue = "v"
instrument = "i"
kind = "funding"
time = { column = "t", unit = "ms" }
columns = { rate = "r" }
constants = { interval_hours = 8 }
csv = { separator = ";" }
"""
    path = _written(tmp_path, "\ufefft;r\n28800000;-0.0001\n", funding)
    assert [form.recognises(path) for form in FORMATS] == [False, False, True]
    (part,) = EVENT.read(path)
    row = checked(part).frame.row(0, named=True)
    assert (row["time"].hour, row["rate"], row["interval_hours"]) == (8, -0.0001, 8.0)
    book = """
venue = "v"
instrument = "i"
kind = "book_levels"
time = { column = "t", unit = "ms" }
columns = { snapshot = "s", is_bid = "b", price = "p", size = "q", update_id = "u" }
"""
    table = pl.DataFrame(
        {"t": [1], "s": [False], "b": ["TRUE"], "p": [1.5], "q": [2], "u": [2.0**40]}
    )
    path = _written(tmp_path, "", book, "x.parquet")
    table.write_parquet(path)
    (part,) = EVENT.read(path)
    row = checked(part).frame.row(0, named=True)
    assert (row["snapshot"], row["is_bid"], row["update_id"]) == (False, True, 2**40)
    table.with_columns(u=pl.lit(1.5)).write_parquet(path)
    with pytest.raises(MarketDataError, match=r"x\.parquet row 1: u 1\.5 is no whole number"):
        EVENT.read(path)
    table.with_columns(b=pl.lit("bid")).write_parquet(path)
    with pytest.raises(MarketDataError, match="b 'bid' is no true or false"):
        EVENT.read(path)


@pytest.mark.parametrize("cell", [True, [1]])
def test_a_time_of_a_type_that_is_none_is_told(tmp_path: Path, cell: object) -> None:
    path = _written(tmp_path, "", name="x.parquet")
    pl.DataFrame({"t": [cell], **{name: [1.0] for name in "ohlc"}}).write_parquet(path)
    with pytest.raises(MarketDataError, match=r"(?s)x\.parquet row 1: t .* is no time of the map"):
        OPEN.read(path)


def test_a_parquet_time_without_a_zone_needs_one(tmp_path: Path) -> None:
    naive = {"t": [datetime(2019, 6, 4)], **{name: [1.0] for name in "ohlc"}}  # noqa: DTZ001
    path = _written(tmp_path, "", MAP.replace('unit = "s"', ""), "x.parquet")
    pl.DataFrame(naive).write_parquet(path)
    with pytest.raises(MarketDataError, match="t says no time zone; give"):
        OPEN.read(path)
    _written(tmp_path, "", MAP.replace('unit = "s"', 'zone = "UTC"'), "y.csv")
    assert _bars(path).frame["open_time"][0] == datetime(2019, 6, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('label = "open"', "", 'time.label: a bar\'s time is its "open" or'),
        ("bars_1h", "bars_60m", "x.columns.toml:4: kind: 'bars_60m' is written bars_1h"),
        ("bars_1h", "bar_1h", "kind: 'bar_1h' is no kind of series"),
        ("bars_1h", "funding", "funding are no bars: their time is the event's own"),
        ('unit = "s"', "", None),
        ('unit = "s"', 'unit = "s"\nformat = "%s"', "time.unit: a time is text of a format or"),
        ('unit = "s"', 'format = "%Y"', 'time.zone: needed, as %Y does not say it: such as "UTC"'),
        ('unit = "s"', 'unit = "s"\nzone = "UTC"', "numbers count from 1970 UTC: leave it out"),
        ('unit = "s"', 'format = "%+"\nzone = "UTC"', "%+ says it already: leave it out"),
        ('unit = "s"', 'zone = "Mars"', "time.zone: 'Mars' is no time zone"),
        ('unit = "s"', 'unit = "h"', "Invalid enum value 'h'"),
        ('open = "o"', "", "every row of bars_1h needs open (first price)"),
        ('open = "o"', 'opn = "o"', "columns.opn: no column of bars_1h; did you mean open"),
        ('open = "o"', 'open = "o"\ntime = "t"', "columns.time: comes from [time]: leave it out"),
        ('open = "o"', 'open = ""', "Expected `str` of length >= 1"),
        ("venue", "venu", "unknown field 'venu'; did you mean 'venue'?"),
        ("venue =", "venue", "x.columns.toml:2: not TOML"),
        ("[time]", "[constants]\nopen = 1\n[time]", "is in [columns] as well: keep one"),
        ("[time]", "[constants]\ntrades = 1.5\n[time]", "no integer that can be the same"),
        ("[time]", "[constants]\nlocal_time = 1\n[time]", "no time that can be the same"),
        ("[time]", "volumes_may_be_swapped = true\n[time]", "needs columns for close, volume_coin"),
    ],
)  # fmt: skip
def test_maps_with_faults(tmp_path: Path, old: str, new: str, said: str | None) -> None:
    assert old in MAP
    path = _written(tmp_path, columns=MAP.replace(old, new))
    if said is None:
        assert read_column_map(tmp_path / "x.columns.toml").time.format == ""
        return
    with pytest.raises(LocatedError, match=re.escape(said)):
        read_column_map(tmp_path / "x.columns.toml")
    assert [form.recognises(path) for form in FORMATS] == [False, False, True]
    with pytest.raises(MarketDataError, match=re.escape(said)):
        EVENT.read(path)


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (
            'first = 2017-09-22T20:00:00Z, last = 2017-11-12T03:00:00Z, zone = "Mars"',
            "no time zone",
        ),
        ('first = 2017-09-22T20:00:00, last = 2017-11-12T03:00:00, zone = "UTC"', "need a zone"),
        ('first = 2018-09-22T20:00:00Z, last = 2017-11-12T03:00:00Z, zone = "UTC"', "after last"),
    ],
)
def test_wrong_zones_with_faults(tmp_path: Path, span: str, said: str) -> None:
    _written(tmp_path, columns=f"wrong_zones = [{{ {span} }}]\n" + MAP)
    with pytest.raises(LocatedError, match=f"wrong_zones.*{said}"):
        read_column_map(tmp_path / "x.columns.toml")


def test_all_faults_of_a_map_are_told_at_once(tmp_path: Path) -> None:
    faulty = MAP.replace('label = "open"', "").replace('open = "o"', "").replace('low = "l"', "")
    _written(tmp_path, columns=faulty)
    with pytest.raises(LocatedError) as caught:
        read_column_map(tmp_path / "x.columns.toml")
    assert [fault.field for fault in caught.value.faults] == ["time.label", "columns", "columns"]


def test_broken_tables_are_named(tmp_path: Path) -> None:
    path = _written(tmp_path, "")
    with pytest.raises(MarketDataError, match=r"x\.csv is no whole CSV file: empty CSV"):
        OPEN.read(path)
    _written(tmp_path, "t,o,h,l,c\n1,1,1,1,1,1\n")
    with pytest.raises(MarketDataError, match=r"x\.csv is no whole CSV file: found more fields"):
        OPEN.read(path)
    _written(tmp_path, "t,o,h,l\n1,1,1,1\n")
    with pytest.raises(MarketDataError, match="lacks the columns c; it has t, o, h, l"):
        OPEN.read(path)
    packed = gzip.compress(("t,o,h,l,c\n" + "1,1,1,1,1\n" * 10_000).encode())
    path = tmp_path / "x.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    assert OPEN.recognises(path)
    with pytest.raises(MarketDataError, match=r"x\.csv\.gz is no whole CSV file"):
        OPEN.read(path)
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(MarketDataError, match=r"x\.parquet is no whole Parquet file"):
        OPEN.read(path)


def test_a_table_without_rows_has_no_bars(tmp_path: Path) -> None:
    columns = "last_bar_is_incomplete = true\n" + MAP
    assert _bars(_written(tmp_path, "t,o,h,l,c\n", columns)).frame.height == 0


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 10**6),
            st.decimals("0.01", "99999", places=2),
            st.decimals("0", "99999", places=3),
        ),
        max_size=6,
        unique_by=lambda row: row[0],
    )
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, Decimal, Decimal]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.csv"
    lines = [f"{hour * 3600},{price},{size}" for hour, price, size in rows]
    path.write_text("\n".join(["t,p,q", *lines]) + "\n")
    made: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close"), "p")
    columns = ColumnMap(
        venue="v",
        instrument="i",
        kind="bars_1h",
        time=TimeColumn("t", "close", unit="s"),
        columns={**made, "volume_coin": "q"},
    )
    frame = checked(read_by(path, columns)).frame
    expected = sorted((hour * 3600, float(price), float(size)) for hour, price, size in rows)
    got = frame.select(pl.col("time").dt.epoch("s"), "close", "volume_coin").rows()
    assert got == expected
