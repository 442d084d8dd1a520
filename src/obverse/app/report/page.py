"""The report as one HTML page that needs nothing else: styles, tables and drawings inside."""

from __future__ import annotations

import html
from importlib import resources
from typing import TYPE_CHECKING

from obverse.charts import to_svg
from obverse.contracts import iso

if TYPE_CHECKING:
    from obverse.app.report.report import Report


def page(report: Report) -> str:
    """The whole page."""
    style = (resources.files("obverse.app.report") / "page.css").read_text(encoding="utf-8")
    title = html.escape(_title(report))
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<style>{style}</style></head><body>{body(report)}</body></html>"
    )


def body(report: Report) -> str:
    """Headline, charts and tables, grouped by coin."""
    parts = [f"<header><h1>{html.escape(_title(report))}</h1>{_labels(report)}</header>"]
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


def _labels(report: Report) -> str:
    simulated = (
        "<span class='label warn'>simulated market</span>" if report.market.simulated else ""
    )
    source = f"<span class='label'>source: {html.escape(report.market.source)}</span>"
    face = f"<span class='label'>amounts: {report.face}</span>"
    return f"<p>{simulated}{source}{face}</p>"


def _nav(coins: list[str]) -> str:
    links = "".join(f"<a href='#{coin}'>{coin}</a>" for coin in coins)
    return f"<nav>{links}</nav>"


def _group(coin: str, report: Report, drawings: list[str]) -> str:
    heading = f"<h2 id='{coin}'>{html.escape(coin)}</h2>" if coin else ""
    figures = "".join(f"<figure>{svg}</figure>" for svg in drawings)
    charts = f"<div class='charts'>{figures}</div>" if figures else ""
    tables = "".join(
        f"<div class='table'>{item.table._repr_html_()}</div>"
        for item in report.sections
        if item.underlying == coin
    )
    return f"<section>{heading}{charts}{tables}</section>"
