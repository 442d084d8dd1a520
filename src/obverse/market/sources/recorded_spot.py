"""Column maps of recorded spot bars: Coinbase, Bitstamp and Binance.US.

The maps are data, `recorded_spot.toml` in this folder. What they state of the files:

- all are labelled by their **open**, in UTC; Coinbase's days stand newest first;
- Coinbase's hours labelled 2017-09-22 20:00 to 2017-11-12 03:00 are by the clocks of **New York**,
  so 4 and 5 hours early, as BitMEX's minutes of then tell and Coinbase's own days: they are put
  right. The last five of them come again with the right label; 4 hours of 2017-09-22 and one of
  2017-11-05 are missing;
- Bitstamp's `Volume BTC` and `Volume USD` are **exchanged** up to 2018-02-27 in the days (1,180
  rows), and from 2018-05-15 to 2020-10-12 in most of the hours (20,143 rows, with right ones
  between): they are put right row by row, by the price;
- the last day of Bitstamp and of each of Coinbase's coins is incomplete (2023-05-28 holds 7.8 BTC;
  2019-06-04 holds the volume of its first two hours) and left out;
- eight of Coinbase's days in 2018 and 2019 do not close as their last hour does, some of them cut
  short (2019-03-19 holds 362 of 5,661 BTC);
- Coinbase and Bitstamp have bars without any trade: their volumes are zero and their prices those
  of the close before.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from obverse.located import LocatedToml, parse
from obverse.market.sources.column_maps import ColumnMap, checked_map
from obverse.market.sources.parquet_files import has_columns

MAPS = "recorded_spot.toml"


@cache
def spot_maps() -> dict[str, ColumnMap]:
    """The built-in maps by the name of their file."""
    text = files("obverse.market.sources").joinpath(MAPS).read_text(encoding="utf-8")
    document = parse(text, MAPS)
    return {
        name: checked_map(LocatedToml(f"{MAPS} {name}", table, {}))
        for name, table in document.data.items()
    }


def spot_map(path: Path) -> ColumnMap | None:
    """The built-in map of a file, by its name and columns; None for any other."""
    found = spot_maps().get(path.name)
    return found if found is not None and has_columns(path, found.needs) else None
