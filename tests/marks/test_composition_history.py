"""Who made an index over a range: each step is the instant, rules change, outages are played."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obverse.errors import RuleError
from obverse.market import Constituent, ConstituentHistory, Constituents
from obverse.marks.composition import composition, index_outage, index_product
from obverse.marks.composition_history import CompositionHistory, composition_history
from obverse.marks.composition_history_sheets import (
    moments_table,
    outage_steps_table,
    sources_table,
    steps_table,
)
from obverse.marks.composition_plots import plot_outage
from obverse.rulebooks import rulebook

BOOK = rulebook("bitmex", as_of="2021-01-15T12:00Z")
RULES = index_product(BOOK, "BTC")
AT = datetime(2021, 1, 15, 12, tzinfo=UTC)
NAMES = ("Bitstamp", "Coinbase", "Kraken")


def instant(at: datetime, *prices: float | None, age: int = 0, weights=None) -> Constituents:
    sources = tuple(
        Constituent(
            name,
            None if price is None else Decimal(str(price)),
            None if weights is None else Decimal(weights[place]),
            Decimal(age),
        )
        for place, (name, price) in enumerate(zip(NAMES, prices, strict=False))
    )
    return Constituents("BTC", at, sources, "a.csv")


def played(*instants: Constituents, away: tuple[str, ...] = ()) -> CompositionHistory:
    history = ConstituentHistory("BTC", "a.csv", instants)
    return composition_history(history, RULES, BOOK.file, away)


def minutes(count: int) -> list[datetime]:
    return [AT + timedelta(minutes=step) for step in range(count)]


def test_a_range_is_cut_where_the_rule_changes() -> None:
    change = datetime(2020, 12, 25, 12, 0, 5, tzinfo=UTC)  # Coinbase from 0.4101 to 0.3807
    made = played(
        *(instant(change + timedelta(seconds=step), 100, 200) for step in (-1, 0)),
    )
    assert len(made.parts) == 2
    shares = made.used_shares[:, 1]
    np.testing.assert_allclose(shares, [0.4101 / (0.4101 + 0.27), 0.3807 / (0.3807 + 0.2881)])


def test_an_instant_before_any_rule_is_refused() -> None:
    with pytest.raises(RuleError, match="no index rule at 2015-01-01"):
        played(instant(datetime(2015, 1, 1, tzinfo=UTC), 100))


def test_a_source_without_a_row_has_no_price_there_and_weights_may_change() -> None:
    first, second, third = minutes(3)
    made = played(
        instant(first, 100, 110, weights=["1", "1"]),
        instant(second, 100, 110, weights=["3", "1"]),
        instant(third, 100, weights=["1"]),
    )
    np.testing.assert_allclose(made.before_usd, [105, 102.5, 100])
    assert made.counted.tolist() == [[True, True], [True, True], [True, False]]


def test_an_outage_over_a_range_and_where_there_is_no_index() -> None:
    first, second, third = minutes(3)
    made = played(
        instant(first, 100, 110, weights=["1", "1"]),
        instant(second, 100, 120, weights=["1", "1"]),
        instant(third, None, 110, weights=["1", "1"]),
        away=("coinbase",),
    )
    assert made.change_usd.tolist() == [-5, -10, None]
    moments = {row["moment"]: row for row in moments_table("", made).records()}
    assert [moments[said]["at"] for said in ("first", "worst", "last")] == [first, second, second]
    (steps,) = outage_steps_table("", made).records()
    assert steps["steps_without_index"] == 0
    assert steps["steps_without_index_in_outage"] == 1
    assert steps["mean_change_bp"] == pytest.approx((-5 / 105 - 10 / 110) / 2 * 10_000)
    last = steps_table(made).records()[-1]
    assert (last["index_usd"], last["index_without_usd"], last["index_change_bp"]) == (
        110,
        None,
        None,
    )


def test_a_range_without_any_index_has_no_number() -> None:
    made = played(*(instant(at, 100, age=901) for at in minutes(2)), away=("Bitstamp",))
    assert made.before_usd.count() == 0
    assert moments_table("", made).rows == ()
    (row,) = sources_table("", made).records()
    assert (row["mean_gap_bp"], row["steps_used"], row["steps_left_out"]) == (None, 0, 2)
    (steps,) = outage_steps_table("", made).records()
    assert steps["mean_change_bp"] is None


def test_the_plot_leaves_a_gap_where_there_is_no_index() -> None:
    first, second = minutes(2)
    made = played(instant(first, 100, 110), instant(second, None, 110), away=("Coinbase",))
    upper, lower = plot_outage(made)
    outage = upper.get_lines()[1].get_ydata()
    assert outage[0] == 100
    assert np.isnan(outage[1])
    marks = [line for line in lower.get_lines() if line.get_label() == "no index"]
    assert len(marks[0].get_xdata()) == 1


prices = st.lists(
    st.tuples(*[st.none() | st.floats(90, 110).map(lambda price: round(price, 2))] * 3),
    min_size=1,
    max_size=5,
)


@given(prices, st.sets(st.sampled_from(NAMES)), st.sampled_from(["bitmex", "deribit", "okx"]))
@settings(deadline=None)
def test_every_step_is_the_instant(found, away, venue) -> None:
    book = rulebook(venue, as_of=AT)
    rules = index_product(book, "BTC")
    weights = ["0.5", "0.3", "0.2"]
    instants = [
        instant(at, *row, weights=weights)
        for at, row in zip(minutes(len(found)), found, strict=True)
    ]
    made = composition_history(
        ConstituentHistory("BTC", "a.csv", tuple(instants)), rules, book.file, sorted(away)
    )
    for step, each in enumerate(instants):
        one = index_outage(composition(rules.index, each), sorted(away))
        for whole, array in ((one.before, made.before_usd), (one.after, made.after_usd)):
            if whole.value.price_usd is None:
                assert array[step] is np.ma.masked
            else:
                assert array[step] == pytest.approx(whole.value.price_usd, rel=1e-14)
