"""What everything is worth and risks, in coin and in dollars."""

from obverse.app.report.report import Report, Section, report

__all__ = ["Report", "Section", "report"]
