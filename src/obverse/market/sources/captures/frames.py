"""The frames of a raw capture: what a recorder sent and got, as the venue wrote it.

A capture is text, gzip-compressed, a line a frame (the layout of cryptofeed's recorder):

- `ADDRESS <-> SECONDS` a connection was made;
- `ADDRESS <- SECONDS: BODY` the recorder sent this;
- `ADDRESS -> SECONDS: BODY` the answer to a request;
- `SECONDS: BODY` the venue sent this over the last connection; where the venue sent bytes, the body
  is written as Python writes them, and those of Huobi are gzip again.
- `configuration: JSON` what the recorder subscribed to.

Seconds are the recorder's own clock. A last line that ends early is a capture cut off; a file whose
compression breaks off gives what came before and says so.
"""

from __future__ import annotations

import ast
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec

from obverse.errors import MarketDataError

Direction = Literal["connected", "sent", "answered", "received"]

_LINE = re.compile(
    rb"(?:(?P<address>[a-z]+://\S+) (?P<arrow><->|<-|->) )?"
    rb"(?P<seconds>\d+(?:\.\d+)?)(?:: (?P<body>.*))?",
    re.DOTALL,
)
_ARROWS: dict[bytes, Direction] = {b"<->": "connected", b"<-": "sent", b"->": "answered"}


@dataclass(frozen=True)
class Frame:
    """One message of a capture.

    Attributes
    ----------
    address : where it went to or came from
    local_time_ns : the recorder's clock, nanoseconds since 1970 UTC
    place : the line it stands in, from 1
    """

    address: str
    direction: Direction
    local_time_ns: int
    body: bytes
    place: int

    def json(self) -> Any:
        """Decode the body. Raises `MarketDataError` for one that is not JSON."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise MarketDataError(f"line {self.place} is not JSON: {error}.") from None


def is_capture(path: Path, host: str) -> bool:
    """Whether a file is a capture that talks to a host."""
    try:
        with gzip.open(path) as opened:
            first = opened.read(400).split(b"\n")[0]
    except (OSError, EOFError, zlib.error):
        return False
    found = _LINE.fullmatch(first)
    return bool(found and found["address"] and f"//{host}/".encode() in found["address"] + b"/")


def frames(path: Path) -> Iterator[Frame]:
    """Walk the frames of a capture in their order.

    Raises `MarketDataError` at the line that is none, or where the compression breaks off; what
    came before has been given by then.
    """
    address = ""
    try:
        with gzip.open(path) as opened:
            for place, line in enumerate(opened, start=1):
                line = line.rstrip(b"\n")
                if not line or line.startswith(b"configuration: "):
                    continue
                frame = _frame(line, place, address, path.name)
                address = frame.address
                yield frame
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise MarketDataError(f"{path.name} is cut off or corrupt: {error}.") from None


def _frame(line: bytes, place: int, address: str, name: str) -> Frame:
    found = _LINE.fullmatch(line)
    if found is None:
        raise MarketDataError(f"{name} line {place} is no frame of a capture: {line[:60]!r}.")
    arrow = found["arrow"]
    return Frame(
        address=found["address"].decode() if found["address"] else address,
        direction=_ARROWS[arrow] if arrow else "received",
        local_time_ns=int(Decimal(found["seconds"].decode()) * 10**9),
        body=_body(found["body"] or b"", place, name),
        place=place,
    )


def _body(body: bytes, place: int, name: str) -> bytes:
    if not body.startswith((b"b'", b'b"')):
        return body
    try:
        packed = ast.literal_eval(body.decode())
        return gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    except (ValueError, SyntaxError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise MarketDataError(f"{name} line {place} has a broken body: {error}.") from None
