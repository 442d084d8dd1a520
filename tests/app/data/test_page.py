"""The page on market data: every format and every kind it should name is named."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

from obverse.market.series import FIXED
from obverse.market.sources.registry import FILE_FORMATS

PAGE = (Path(__file__).parents[3] / "docs" / "market-data.md").read_text(encoding="utf-8")


def test_every_kind_is_in_its_table() -> None:
    assert set(FIXED) <= set(re.findall(r"`(\w+)`", PAGE))


def test_every_format_is_in_its_table() -> None:
    patterns = re.findall(r"^\| `([\w*-]+)` \|", PAGE, re.MULTILINE)
    for each in FILE_FORMATS:
        assert any(fnmatch(each.name, pattern) for pattern in patterns), each.name
    names = [each.name for each in FILE_FORMATS]
    for pattern in patterns:
        if "-" in pattern or pattern == "lean":
            assert any(fnmatch(name, pattern) for name in names), pattern
