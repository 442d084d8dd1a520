"""ccxt's funding rate histories as series: the rate of each interval that was paid for, at its end.

- Venues stamp a payment some milliseconds late: a stamp within a second after a full minute is that
  minute.
- Deribit's `fundingRate` is that of 8 hours: what was paid for the hour is `interest_1h`, which
  only the venue's own answer (`info`) has.
- Kraken's is of one hour, stamped with the start of the interval (see `exchanges`), which was of 4
  hours until 2022-09-29; it is multiplied up, and stamped with the end.
- The length of an interval is the gap to the stamp beside it, where that is one of 1, 2 or 4 hours
  and shorter than is usual; else the usual one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from obverse.market.live.contracts import Contract, of_milliseconds
from obverse.market.live.exchanges import Exchange
from obverse.market.live.structures import Structure, number, part, stamp_of
from obverse.market.observations import Finding
from obverse.market.series.kinds import FUNDING
from obverse.market.series.parts import Part

_HOURS = (1, 2, 4, 8)
_MS_PER_HOUR = 3_600_000
_MS_PER_MINUTE = 60_000
_LATE_MS = 1_000


def funding_part(
    exchange: Exchange,
    contract: Contract,
    histories: Iterable[Structure],
    *,
    paid_by: datetime | None = None,
    local_time: datetime | None = None,
) -> Part:
    """Funding that was paid, of one perpetual; see the module on rates and stamps.

    What is paid only after `paid_by` is left out.
    """
    stamped = sorted(
        ((_on_the_minute(stamp), each) for each in histories if (stamp := stamp_of(each))),
        key=lambda pair: pair[0],
    )
    hours = _interval_hours(exchange, [stamp for stamp, _ in stamped])
    rows, without = [], 0
    for (stamp, each), length in zip(stamped, hours, strict=True):
        lasting = length * _MS_PER_HOUR if exchange.funding_stamp == "start" else 0
        paid = of_milliseconds(stamp + lasting)
        if paid_by is not None and paid > paid_by:
            continue
        rate, rate_8h = _rates(exchange, each, length)
        if rate is None:
            without += 1
            continue
        info = each.get("info") or {}
        rows.append(
            {
                "time": paid,
                "local_time": local_time,
                "rate": rate,
                "interval_hours": length,
                "rate_8h": rate_8h,
                "index": number(info.get("index_price")),
                "previous_index": number(info.get("prev_index_price")),
            }
        )
    findings = []
    if without:
        what = f"{without:,} payments without the rate that was paid; ccxt's info has it"
        findings = [Finding("dropped", f"{exchange.venue} {contract.name} funding", what)]
    return part(exchange, contract.name, FUNDING, rows, *findings)


def _on_the_minute(stamp: float) -> float:
    late = stamp % _MS_PER_MINUTE
    return stamp - late if late < _LATE_MS else stamp


def _rates(
    exchange: Exchange, structure: Structure, hours: float
) -> tuple[float | None, float | None]:
    """Rate of the interval that was paid, and the rate of 8 hours where the venue states one."""
    rate = number(structure.get("fundingRate"))
    if exchange.funding_rate == "hour and 8 hours":
        info = structure.get("info") or {}
        return number(info.get("interest_1h")), number(info.get("interest_8h"))
    if exchange.funding_rate == "hour" and rate is not None:
        return rate * hours, None
    return rate, None


def _interval_hours(exchange: Exchange, stamps: Sequence[float]) -> list[float]:
    """Length of each stamp's interval: the gap to its neighbour where that is one, else usual.

    The neighbour is the next where stamps are starts, else the one before.
    """
    gaps = [(later - sooner) / _MS_PER_HOUR for sooner, later in pairwise(stamps)]
    gaps = [*gaps, *gaps[-1:]] if exchange.funding_stamp == "start" else [*gaps[:1], *gaps]
    known = [gap if gap in _HOURS and gap < exchange.funding_hours else None for gap in gaps]
    return [gap or exchange.funding_hours for gap in known or [None] * len(stamps)]
