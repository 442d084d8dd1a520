"""The frames of a raw capture: what a recorder sent and got, as the venue wrote it.

A capture is text, gzip-compressed, a line a frame (the layout of cryptofeed's recorder):

- `ADDRESS <-> SECONDS` a connection was made;
- `ADDRESS <- SECONDS: BODY` the recorder sent this;
- `ADDRESS -> SECONDS: BODY` the answer to a request;
- `SECONDS: BODY` the venue sent this over the last connection; where the venue sent bytes, the body
  is written as Python writes them, and those of Huobi are gzip again;
- `configuration: JSON` what the recorder subscribed to.

Seconds are the recorder's own clock. A line that is none of these, a body that is not what a reader
expects, and compression that breaks off end the walk with an error; what came before was given.
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
from typing import Any, Literal, TypeVar

import msgspec

from obverse.errors import MarketDataError

Direction = Literal["connected", "sent", "answered", "received"]
Message = TypeVar("Message")

_ANYTHING = msgspec.json.Decoder()
_HEAD_BYTES = 1 << 16

_LINE = re.compile(
    rb"(?:(?P<address>[a-z]+://\S+) (?P<arrow><->|<-|->) )?"
    rb"(?P<seconds>\d+(?:\.\d+)?)(?:: (?P<body>.*))?",
    re.DOTALL,
)
_HEAD = re.compile(rb"(?P<address>[a-z]+://\S+) (?:<->|<-|->) \d")
_ARROWS: dict[bytes, Direction] = {b"<->": "connected", b"<-": "sent", b"->": "answered"}


@dataclass(frozen=True)
class Frame:
    """One message of a capture.

    Attributes
    ----------
    address : where it went to or came from
    local_time_ns : the recorder's clock, nanoseconds since 1970 UTC
    place : the line it stands in, from 1
    file : name of the capture, for errors
    """

    address: str
    direction: Direction
    local_time_ns: int
    body: bytes
    place: int
    file: str = ""

    def json(self) -> Any:
        """Decode the body. Raises `MarketDataError` for one that is not JSON."""
        return self.decoded(_ANYTHING)

    def decoded(self, decoder: msgspec.json.Decoder[Message]) -> Message:
        """Decode the body as a type of message. Raises `MarketDataError` for one that is none."""
        where = f"{self.file} line {self.place}".strip()
        try:
            return decoder.decode(self.body)
        except msgspec.ValidationError as error:
            raise MarketDataError(f"{where} is no message as expected: {error}.") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MarketDataError(f"{where} is not JSON: {error}.") from None


def is_capture(path: Path, host: str) -> bool:
    """Whether a file is a capture that talks to a host."""
    try:
        with gzip.open(path) as opened:
            first = opened.read(_HEAD_BYTES)
    except (OSError, EOFError, zlib.error):
        return False
    found = _HEAD.match(first)
    if not found:
        return False
    return found["address"].decode("ascii", "replace").split("/")[2].split(":")[0] == host


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
    except OSError as error:
        raise MarketDataError(f"{path} cannot be read: {error.strerror or error}.") from None


def _frame(line: bytes, place: int, address: str, name: str) -> Frame:
    found = _LINE.fullmatch(line)
    if found is None:
        raise MarketDataError(f"{name} line {place} is no frame of a capture: {line[:60]!r}.")
    arrow = found["arrow"]
    return Frame(
        address=found["address"].decode("utf-8", "replace") if found["address"] else address,
        direction=_ARROWS[arrow] if arrow else "received",
        local_time_ns=int(Decimal(found["seconds"].decode()) * 10**9),
        body=_body(found["body"] or b"", place, name),
        place=place,
        file=name,
    )


def _body(body: bytes, place: int, name: str) -> bytes:
    if not body.startswith((b"b'", b'b"')):
        return body
    try:
        packed = ast.literal_eval(body.decode())
        return gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    except (ValueError, SyntaxError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise MarketDataError(f"{name} line {place} has a broken body: {error}.") from None
