"""The report as one HTML page that needs nothing else: styles, tables and drawings inside."""

from __future__ import annotations

import html
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING

from obverse.charts import to_svg
from obverse.contracts import iso
from obverse.tables import Table

if TYPE_CHECKING:
    from obverse.app.report.report import Report


def page(report: Report) -> str:
    """The whole page."""
    return document(_title(report), body(report))


def document(title: str, inside: str) -> str:
    """An HTML page in the house style around what is inside its body."""
    style = (resources.files("obverse.app.report") / "page.css").read_text(encoding="utf-8")
    title = html.escape(title)
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<style>{style}</style></head><body>{inside}</body></html>"
    )


def body(report: Report) -> str:
    """Headline, charts and tables, grouped by coin."""
    face = f"amounts: {report.face}"
    parts = [header(_title(report), report.market.source, report.market.simulated, face)]
    drawings = [(coin, to_svg(figure)) for coin, figure in report.charts()]
    groups = dict.fromkeys(item.underlying for item in report.sections)
    parts.append(_nav([coin for coin in groups if coin]))
    parts.append(_group("", report, []))
    parts += [
        _group(coin, report, [svg for name, svg in drawings if name == coin])
        for coin in groups
        if coin
    ]
    return f"<main class='obverse-report'>{''.join(parts)}</main>"


def _title(report: Report) -> str:
    book = f" · {report.exposure.book.name}" if report.exposure else ""
    return f"Obverse report · {report.market.venue} · {iso(report.market.asked)}{book}"


def header(title: str, source: str, simulated: bool, *labels: str) -> str:
    """The head of a page: its title, where the data are from, and whether they are simulated."""
    warned = "<span class='label warn'>simulated market</span>" if simulated else ""
    told = (html.escape(label) for label in (f"source: {source}", *labels))
    shown = "".join(f"<span class='label'>{label}</span>" for label in told)
    return f"<header><h1>{html.escape(title)}</h1><p>{warned}{shown}</p></header>"


def _nav(coins: list[str]) -> str:
    links = "".join(f"<a href='#{coin}'>{coin}</a>" for coin in coins)
    return f"<nav>{links}</nav>"


def _group(coin: str, report: Report, drawings: list[str]) -> str:
    tables = [item.table for item in report.sections if item.underlying == coin]
    return group(coin, tables, drawings)


def group(heading: str, tables: Sequence[Table], drawings: Sequence[str]) -> str:
    """A part of a page: drawings (SVG), then tables."""
    name = html.escape(heading)
    title = f"<h2 id='{name}'>{name}</h2>" if heading else ""
    figures = "".join(f"<figure>{svg}</figure>" for svg in drawings)
    charts = f"<div class='charts'>{figures}</div>" if figures else ""
    shown = "".join(f"<div class='table'>{table._repr_html_()}</div>" for table in tables)
    return f"<section>{title}{charts}{shown}</section>"
