"""Connections to venues: an unmodified ccxt exchange, a clock, and what its answers were like.

ccxt gives a body that is no JSON as text, which its readers then take for an empty answer; and it
takes a rate limit (429) whose body is JSON, but not in the venue's own form, for an error of ours.
So each answer is looked at as it comes, through the hooks of the session: `Answers` keeps what was
wrong with the answers since it was last cleared, and how long the venue asks to be left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from obverse.errors import MarketDataError
from obverse.market.live.exchanges import Exchange, exchange_named

if TYPE_CHECKING:
    import requests

INSTALL = 'pip install "obverse[live]"'
_SHOWN = 60
_PASSING = (408, 418, 425, 429)
_SERVER_FAULTS = 500
_DECODER = msgspec.json.Decoder()


@dataclass(frozen=True)
class Clock:
    """Time from outside: seconds since 1970 UTC, and waiting for a number of seconds."""

    now: Callable[[], float]
    sleep: Callable[[float], None]


@dataclass(frozen=True)
class Patience:
    """How often a call is tried, and how long is waited between: twice as long each time."""

    attempts: int = 5
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0

    def wait_seconds(self, failures: int) -> float:
        """How long to wait after a number of failures in a row."""
        doubled = self.first_wait_seconds * float(2 ** (failures - 1))
        return min(doubled, self.longest_wait_seconds)


@dataclass
class Answers:
    """What the answers of a session were like since they were last cleared."""

    fault: str = ""
    retry_after_seconds: float | None = None

    def clear(self) -> None:
        """Forget what was seen."""
        self.fault, self.retry_after_seconds = "", None

    def look(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        """Look at one answer as it comes in."""
        self.retry_after_seconds = _seconds(answer.headers.get("Retry-After"))
        if answer.status_code in _PASSING or answer.status_code >= _SERVER_FAULTS:
            self.fault = f"HTTP {answer.status_code} {answer.reason}"
        if not answer.ok:
            return
        try:
            _DECODER.decode(answer.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.fault = f"a body that is not JSON: {answer.content[:_SHOWN]!r}"


def _seconds(text: str | None) -> float | None:
    """Seconds of a `Retry-After`; one that is a date, or none, is passed over."""
    return float(text) if text is not None and text.isdecimal() else None


@dataclass(frozen=True)
class Connection:
    """A venue, reached; close it when done, or use it in a `with`.

    Attributes
    ----------
    ccxt : the ccxt exchange, unmodified
    """

    exchange: Exchange
    ccxt: Any
    clock: Clock
    patience: Patience = field(default_factory=Patience)
    answers: Answers = field(default_factory=Answers)

    def close(self) -> None:
        """Close the session."""
        self.ccxt.session.close()

    def __enter__(self) -> Connection:
        """Return it."""
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def connect(
    venue: str,
    clock: Clock,
    *,
    base_url: str | None = None,
    timeout_seconds: float = 20.0,
    patience: Patience | None = None,
    limit_rate: bool = True,
) -> Connection:
    """Make a connection; nothing is asked of the venue yet.

    Parameters
    ----------
    venue : one of `EXCHANGES`
    base_url : another host that stands for the venue, such as `http://127.0.0.1:8080`
    timeout_seconds : how long to wait for one answer
    limit_rate : whether to keep to the venue's rate limit, as ccxt knows it

    Raises
    ------
    MarketDataError : a venue that is not read live, or ccxt is not installed
    """
    exchange = exchange_named(venue)
    answers = Answers()
    instance = getattr(_ccxt(), exchange.ccxt_id)(
        {
            "enableRateLimit": limit_rate,
            "timeout": int(timeout_seconds * 1000),
            "options": dict(exchange.options),
        }
    )
    instance.session.hooks["response"].append(answers.look)
    if base_url is not None:
        instance.urls["api"] = _elsewhere(instance.urls["api"], base_url.rstrip("/"))
    return Connection(exchange, instance, clock, patience or Patience(), answers)


def _ccxt() -> Any:
    try:
        import ccxt
    except ImportError:
        raise MarketDataError(
            f"Reading a venue live needs ccxt, which is not installed: {INSTALL}"
        ) from None
    return ccxt


def _elsewhere(addresses: Any, base_url: str) -> Any:
    """Put another host into addresses, as ccxt has them: text, or tables of them."""
    if isinstance(addresses, dict):
        return {name: _elsewhere(own, base_url) for name, own in addresses.items()}
    return base_url + urlsplit(addresses).path
