from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from obverse.app.report import Report, report
from obverse.market import Market, read
from obverse.risk import Book, Holding

VOID = {"meta", "br", "img", "link", "input", "hr"}
NAMESPACES = {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}


class Outline(HTMLParser):
    """Tags in order, their attributes, and whether they nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.crossed: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


@pytest.fixture(scope="module")
def made(market: Market, examples: Path) -> Report:
    return report(market, examples / "basis_desk.toml")


@pytest.fixture(scope="module")
def html(made: Report) -> str:
    return made.to_html()


def test_the_page_is_well_formed(html: str) -> None:
    outline = Outline(html)
    assert html.startswith("<!doctype html>")
    assert (outline.open, outline.crossed) == ([], [])
    for tag in ("html", "head", "body", "main", "h1"):
        assert outline.count(tag) == 1


def test_the_page_needs_nothing_else(html: str) -> None:
    outline = Outline(html)
    assert outline.count("script") == outline.count("link") == outline.count("img") == 0
    assert outline.count("iframe") == 0
    assert set(re.findall(r"https?://[^\s\"'<>)]+", html)) <= NAMESPACES
    targets = [
        value
        for _, attributes in outline.tags
        for key, value in attributes.items()
        if key in ("src", "href", "xlink:href", "srcset", "data", "action")
    ]
    assert targets
    assert all(target and target.startswith("#") for target in targets)
    assert "@import" not in html
    assert all(found.startswith("#") for found in re.findall(r"url\(['\"]?([^)]*)\)", html))


def test_ids_that_are_referred_to_exist_once(html: str) -> None:
    ids = [attributes["id"] for _, attributes in Outline(html).tags if "id" in attributes]
    used = set(re.findall(r"url\(#([^)]*)\)|href=['\"]#([^'\"]*)", html))
    wanted = {first or second for first, second in used}
    assert wanted <= set(ids)
    assert all(ids.count(name) == 1 for name in ("BTC", "ETH"))


def test_title_and_labels_say_what_it_is(html: str) -> None:
    title = re.search(r"<title>(Obverse report[^<]*)</title>", html)
    assert title is not None
    for word in ("deribit", "2026-11-20T12:00:00Z", "Basis desk"):
        assert word in title[1]
    assert "simulated market</span>" in html
    assert "source: simulated market, seed 7" in html


def test_a_recorded_market_is_not_called_simulated(deribit_data: Path) -> None:
    page = report(read(deribit_data, at="2026-02-01T00:00:00Z"), underlyings=["BTC"]).to_html()
    assert "simulated" not in page.lower()
    assert "source: recorded Deribit curves" in page


def test_each_coin_has_curve_basis_payoff_and_accounts_as_drawings(made: Report, html: str) -> None:
    parts = re.split(r"<h2 id='(\w+)'>", html)
    groups = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(groups) == ["BTC", "ETH"]
    for coin, group in groups.items():
        drawings = re.findall(r"<svg.*?</svg>", group, re.DOTALL)
        accounts = [item for item in made.accounts if item.state.account.coin.code == coin]
        assert len(drawings) == 3 + len(accounts) > 3
        words = [" ".join(ET.fromstring(drawing).itertext()) for drawing in drawings]
        assert coin in words[0]
        assert "basis" in words[1].lower()
        assert "equity" in words[2].lower()
        assert "USD" in words[2]
        for account, said in zip(accounts, words[3:], strict=True):
            assert account.name in said
            assert ("liquidation" in said) == (coin == "BTC")  # the ETH desk has no near end


def test_drawings_follow_the_pages_colours(html: str) -> None:
    drawing = re.search(r"<svg.*?</svg>", html, re.DOTALL)
    assert drawing is not None
    assert "var(--accent)" in drawing[0]
    assert "prefers-color-scheme: dark" in html


def test_points_of_the_curve_tell_their_numbers(made: Report, html: str) -> None:
    for row in made.section("curve", "BTC").records():
        assert f"<title>{row['symbol']}: {row['mark_usd']:,.2f} USD" in html


def test_every_table_is_on_the_page_with_its_notes(made: Report, html: str) -> None:
    assert html.count("<table class='obverse'>") == len(made.sections)
    for item in made.sections:
        assert f"<div class='table'>{item.table._repr_html_()}</div>" in html


def test_signs_are_shown_and_colour_is_not_the_only_sign(html: str) -> None:
    ups = re.findall(r"<td class='number up'>(.)", html)
    downs = re.findall(r"<td class='number down'>(.)", html)
    assert ups
    assert downs
    assert (set(ups), set(downs)) == ({"+"}, {"-"})


def test_what_a_book_says_is_escaped(market: Market) -> None:
    book = Book("<b>&amp", (Holding("BTC", "1", "<script>x</script>"),))  # type: ignore[arg-type]
    page = report(market, book, underlyings=["BTC"]).to_html()
    assert "<script" not in page
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;amp" in page


def test_the_same_report_is_the_same_page(made: Report, html: str) -> None:
    assert made.to_html() == html


def test_a_notebook_gets_the_body_alone(made: Report, html: str) -> None:
    body = made._repr_html_()
    assert body.startswith("<main")
    assert body in html
