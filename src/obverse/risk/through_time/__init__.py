"""Through time: the margin calls and top-ups that a past path would have asked of an account."""

from obverse.risk.through_time.account_path import MarginPath, TopUp, margin_path

__all__ = ["MarginPath", "TopUp", "margin_path"]
