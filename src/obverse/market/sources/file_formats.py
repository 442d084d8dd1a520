"""What a file format is to the importer: how it is recognised, read, and what its times mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from obverse.market.series.parts import Part

TimeLabel = Literal["open", "close", "event"]


@dataclass(frozen=True)
class FileFormat:
    """A format that files of market data come in.

    Attributes
    ----------
    name : what `--format` takes
    label : whether a row's time is a bar's open or close, or an event's own
    licence : what is known of the terms, kept with what is imported
    recognises : whether a path is of this format: by its name, and its first bytes or columns
        where the name does not settle it; false, not an error, for files it cannot open
    read : the parts of series in a file; raises `MarketDataError` for a corrupt one
    column_map : content of the column map that a file is read by; empty where it needs none
    """

    name: str
    meaning: str
    label: TimeLabel
    recognises: Callable[[Path], bool]
    read: Callable[[Path], Iterable[Part]]
    licence: str = "not stated"
    column_map: Callable[[Path], bytes] = lambda _: b""
