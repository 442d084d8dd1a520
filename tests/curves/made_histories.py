"""Histories of curves made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from obverse.curves.histories import CurveHistory

DAY_NS = 86_400 * 10**9
START_NS = 1_769_904_000 * 10**9
Curves = Sequence[Mapping[float, float]]


def made(
    curves: Curves,
    index: float = 100.0,
    unlisted: Callable[[float], bool] = lambda days: False,
    perpetual: Sequence[float] | None = None,
    at_days: Sequence[float] | None = None,
) -> CurveHistory:
    """A history, a day apart or `at_days`; each snapshot is {days ahead: mark}."""
    days = [each for curve in curves for each in curve]
    owner = np.repeat(np.arange(len(curves)), [len(curve) for curve in curves])
    passed = np.arange(len(curves)) if at_days is None else np.array(at_days)
    instants = START_NS + (DAY_NS * passed).astype(np.int64)
    return CurveHistory(
        underlying="BTC",
        venue="made",
        source="by hand",
        instants_ns=instants,
        index_usd=np.full(len(curves), index),
        perpetual_usd=np.array([np.nan] * len(curves) if perpetual is None else perpetual),
        offsets=np.cumsum([0, *(len(curve) for curve in curves)]).astype(np.int64),
        expiries_ns=(instants[owner] + np.array(days) * DAY_NS).astype(np.int64),
        marks_usd=np.array([mark for curve in curves for mark in curve.values()], dtype=float),
        listed=np.array([not unlisted(each) for each in days], dtype=bool),
        symbols=tuple(f"F{each:g}" for each in days),
    )
