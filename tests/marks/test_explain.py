"""Rules in words: every rule of every venue and day can be said, with its source."""

from __future__ import annotations

import pytest

from obverse.marks.explain import RuleWords, rule_words
from obverse.rulebooks import rulebook, venue_file, venues
from obverse.rulebooks.in_force import rules_in_force

KINDS = {"index", "mark", "funding", "price band", "delivery"}


def _of(venue: str, product: str, as_of: str) -> dict[str, RuleWords]:
    book = rulebook(venue, as_of=as_of)
    return {rule.kind: rule for rule in rule_words(book.products[product], book.file)}


@pytest.mark.parametrize("venue", venues())
def test_every_rule_there_ever_was_has_words_and_a_source(venue: str) -> None:
    file = venue_file(venue)
    moments = {e.begins for kind in ("index", "mark", "funding") for e in getattr(file, kind)}
    for moment in moments:
        for product in file.products:
            if product.begins <= moment and (product.until is None or moment < product.until):
                found = rule_words(rules_in_force(file, product, moment), file)
                for rule in found:
                    assert rule.kind in KINDS
                    assert rule.words
                    assert "None" not in rule.words
                    assert "{" not in rule.words
                    assert all(rule.sources)
                    assert rule.begins <= moment


def test_words_hold_policy_and_parameters() -> None:
    bitmex = _of("bitmex", "btc_perpetual", "2026-03-01")
    assert "counted up to whole minutes" in bitmex["mark"].words
    assert "to 2 decimals" in bitmex["mark"].words
    for part in ("0.01 % − P within ±0.05 %", "±0.375 %", "every 8 h from 04:00 UTC",
                 "the window after it"):  # fmt: skip
        assert part in bitmex["funding"].words
    deribit = _of("deribit", "btc_perpetual", "2026-03-01")
    assert "exponential average over 30 s (a sample every 1 s)" in deribit["mark"].words
    assert "the part of P outside ±0.025 %" in deribit["funding"].words
    assert "accrues all the time" in deribit["funding"].words
    assert deribit["price band"].words == "orders within 1.5 % of the mark"
    kraken = _of("kraken", "btc_perpetual", "2026-03-01")
    assert "P / 24" in kraken["funding"].words
    assert "fixed as coin a contract" in kraken["funding"].words
    binance = _of("binance", "btc_perpetual", "2026-03-01")
    assert binance["mark"].words.startswith("middle of: index")
    assert "the k-th sample weighted k" in binance["funding"].words
    okx = _of("okx", "btc_perpetual", "2026-03-01")
    assert "its length is not published" in okx["mark"].words
    assert "each within 2 % of their median" in okx["index"].words


def test_delivery_in_words() -> None:
    kraken = _of("kraken", "btc_future", "2026-03-01")["delivery"].words
    assert kraken == "mean of volume-weighted medians over the last 60 minutes before delivery"
    okx = _of("okx", "btc_future", "2026-04-01")["delivery"].words
    assert okx == "mean of the index over the last 30 minutes before delivery, every 0.2 s"
