"""One call of ccxt: tried again within bounds, and what went wrong said plainly.

=================================================== ============================================
ccxt raises, or the venue answers                   outcome
=================================================== ============================================
network errors, timeouts, a rate limit (429, 418),  tried again after a wait that doubles, or that
the venue not available (5xx), truncated bodies     the venue asks for in `Retry-After`
a body that is not JSON, or JSON of another form    tried again
`Retry-After` above the longest wait                given up at once
unknown symbols, bad requests, missing keys, what   given up at once
the venue does not have, errors of its own
=================================================== ============================================

What is given up raises `MarketDataError`, which names venue, call, attempts and the last answer.
"""

from __future__ import annotations

from typing import Any

from obverse.errors import MarketDataError
from obverse.market.live.connecting import Connection

_SHOWN = 300
_MISREAD = (TypeError, KeyError, IndexError, AttributeError, ValueError, ArithmeticError)


def call(connection: Connection, method: str, *arguments: Any, **named: Any) -> Any:
    """Call a method of ccxt, again where that may help; the module's table says when."""
    import ccxt

    patience, answers = connection.patience, connection.answers
    for attempt in range(1, patience.attempts + 1):
        answers.clear()
        try:
            found = getattr(connection.ccxt, method)(*arguments, **named)
        except ccxt.BaseError as error:
            reason = "; ".join(filter(None, (answers.fault, _said(error))))
            if not isinstance(error, ccxt.OperationFailed) and not answers.fault:
                raise _given_up(connection, method, attempt, reason) from error
        except _MISREAD as error:
            reason = answers.fault or f"an answer of another form: {_said(error)}"
        else:
            if not answers.fault:
                return found
            reason = answers.fault
        if attempt < patience.attempts:
            wait = _wait(connection, method, attempt, reason)
            connection.clock.sleep(wait)
    raise _given_up(connection, method, patience.attempts, reason)


def _wait(connection: Connection, method: str, attempt: int, reason: str) -> float:
    wait = connection.patience.wait_seconds(attempt)
    asked = connection.answers.retry_after_seconds
    if asked is None:
        return wait
    if asked > connection.patience.longest_wait_seconds:
        told = f"{reason} It asks to be left alone for {asked:g} s; try again then"
        raise _given_up(connection, method, attempt, told)
    return max(wait, asked)


def _said(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:_SHOWN]}"


def _given_up(connection: Connection, method: str, attempts: int, reason: str) -> MarketDataError:
    times = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    return MarketDataError(
        f"{connection.exchange.venue}: {method} failed after {times}. The last answer was {reason}."
    )
