"""Who makes an index at one instant: its sources by the venue's rule, and an outage played through.

Weights are the recording's; without any they are the rulebook's, by the source's name; where that
has none either, all weigh the same. A source that the rulebook does not name raises `RuleError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from obverse.errors import DataError, RuleError, nearest
from obverse.market.constituents import Constituent, Constituents
from obverse.marks.index import IndexState, IndexValue, SourcePrice, index_value
from obverse.marks.policies import index_rule
from obverse.rulebooks import ProductRules, Rulebook
from obverse.rulebooks.records import IndexRule as IndexEntry

WEIGHTS_UNKNOWN = "The weights are not known: all sources weigh the same here."


@dataclass(frozen=True)
class Composition:
    """An index at one instant, and what makes it.

    Attributes
    ----------
    found : what the sources said
    entry : the venue's rule
    sources : what was combined, with the weights that hold
    value : what the rule made of it
    remarks : what stands for something that is not known
    """

    found: Constituents
    entry: IndexEntry
    sources: tuple[SourcePrice, ...]
    value: IndexValue
    remarks: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The sources' names, in their order."""
        return tuple(source.name for source in self.sources)

    @property
    def used(self) -> int:
        """How many sources make the index, or would if they were enough."""
        return sum(part.use.counts for part in self.value.contributions)


@dataclass(frozen=True)
class IndexOutage:
    """An index as it is, and as it is without some of its sources.

    Attributes
    ----------
    names : the sources taken out
    """

    names: tuple[str, ...]
    before: Composition
    after: Composition

    @property
    def change_usd(self) -> float | None:
        """What the outage adds to the index; none where there is none, before or after."""
        one, other = self.before.value.price_usd, self.after.value.price_usd
        return None if one is None or other is None else other - one

    @property
    def ratio(self) -> float | None:
        """The index without the sources over the one with them."""
        one, other = self.before.value.price_usd, self.after.value.price_usd
        return None if one is None or other is None else other / one

    @property
    def change_bp(self) -> float | None:
        """What the outage adds, in basis points of the index."""
        return None if self.ratio is None else (self.ratio - 1) * 10_000


def composition(entry: IndexEntry, found: Constituents) -> Composition:
    """Combine the sources of an instant by a venue's rule."""
    sources, remarks = weighed(entry, found)
    value = index_value(index_rule(entry), sources)
    return Composition(found, entry, sources, value, remarks)


def index_outage(whole: Composition, names: Sequence[str]) -> IndexOutage:
    """Take sources out; a name that is none raises `DataError` with the nearest."""
    away = source_names(names, whole.names)
    silenced = tuple(
        replace(source, price=None) if source.name in away else source for source in whole.sources
    )
    value = index_value(index_rule(whole.entry), silenced)
    return IndexOutage(away, whole, replace(whole, sources=silenced, value=value))


def weighed(
    entry: IndexEntry, found: Constituents
) -> tuple[tuple[SourcePrice, ...], tuple[str, ...]]:
    """The sources with the weights that hold, and what is to be said of these."""
    remarks: tuple[str, ...] = ()
    if any(source.weight is not None for source in found.sources):
        weights = [float(source.weight or 0) for source in found.sources]
    elif entry.constituents:
        weights = [_listed_weight(entry, source) for source in found.sources]
    else:
        weights = [1.0] * len(found.sources)
        remarks = (WEIGHTS_UNKNOWN,) if entry.combination == "weighted" else ()
    sources = zip(found.sources, weights, strict=True)
    return tuple(_source_price(source, weight) for source, weight in sources), remarks


def source_names(asked: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The sources that are meant, each once; their case does not matter."""
    by_fold = {name.casefold(): name for name in known}
    found = []
    for name in asked:
        meant = name if name in known else by_fold.get(name.casefold())
        if meant is None:
            close = nearest(name, known)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            raise DataError(f"No source {name!r} of this index; it has {', '.join(known)}.{hint}")
        found.append(meant)
    return tuple(dict.fromkeys(found))


def index_product(book: Rulebook, underlying: str) -> ProductRules:
    """The product of a coin whose index rule is meant: its perpetual, if it has one."""
    with_rule = [
        rules
        for rules in book.products.values()
        if rules.product.underlying == underlying and rules.index is not None
    ]
    if not with_rule:
        raise RuleError(f"{book.name}'s rulebook has no index rule for {underlying}.")
    return min(
        with_rule,
        key=lambda rules: (rules.product.kind != "perpetual", rules.product.quote != "USD"),
    )


def has_index(value: IndexValue) -> bool:
    """Whether there is an index."""
    return value.state is IndexState.VALID


def _listed_weight(entry: IndexEntry, source: Constituent) -> float:
    by_fold = {name.casefold(): weight for name, weight in entry.constituents.items()}
    weight = by_fold.get(source.name.casefold())
    if weight is None:
        close = nearest(source.name, entry.constituents)
        hint = f" Did you mean {close[0]}?" if close else ""
        place = f" ({source.place})" if source.place else ""
        raise RuleError(
            f"{source.name!r} is no constituent of the venue's index{place}; these are "
            f"{', '.join(entry.constituents)}. Give every source a weight, or leave it out.{hint}"
        )
    return float(weight)


def _source_price(source: Constituent, weight: float) -> SourcePrice:
    price = None if source.price is None else float(source.price)
    return SourcePrice(source.name, price, weight, float(source.age_seconds))
