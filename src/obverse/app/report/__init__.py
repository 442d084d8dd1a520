"""What everything is worth and risks, in coin and in dollars."""

from obverse.app.report.report import Report, report
from obverse.app.report.section import Section

__all__ = ["Report", "Section", "report"]
