"""Frames of captures: the recorded ones against their raw lines, and broken ones."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obverse.errors import MarketDataError
from obverse.market.sources.captures.frames import Frame, frames, is_capture

HOSTS = {
    "BITMEX": "www.bitmex.com",
    "DERIBIT": "www.deribit.com",
    "BINANCE_DELIVERY": "dapi.binance.com dstream.binance.com",
    "KRAKEN_FUTURES": "futures.kraken.com",
    "COINBASE": "api.pro.coinbase.com ws-feed.pro.coinbase.com",
}
FEED = "wss://feed.example/ws"
Write = Callable[..., Path]


def test_every_recorded_line_is_a_frame_and_every_body_json(venue_captures: Path) -> None:
    for path in sorted(venue_captures.glob("*.gz")):
        lines = [line for line in gzip.decompress(path.read_bytes()).split(b"\n") if line]
        found = list(frames(path))
        configured = sum(line.startswith(b"configuration: ") for line in lines)
        assert len(found) == len(lines) - configured, path.name
        for frame in found:
            assert frame.address, path.name
            if frame.direction == "received":
                frame.json()


def test_directions_and_clock_of_a_recorded_feed(venue_captures: Path) -> None:
    found = list(frames(venue_captures / "BITMEX.ws.1.0.gz"))
    directions = Counter(frame.direction for frame in found)
    assert directions == {"connected": 1, "sent": 3, "received": 2120}
    assert {frame.address for frame in found} == {"wss://www.bitmex.com/realtime"}
    assert found[0].local_time_ns == 1_626_993_367_388_005_000
    assert [frame.place for frame in found] == list(range(1, 2125))
    assert json.loads(found[1].body)["op"] == "subscribe"


def test_a_capture_is_known_by_the_host_it_talks_to(venue_captures: Path) -> None:
    for path in sorted(venue_captures.glob("*.gz")):
        venue = path.name.split(".")[0]
        for name, hosts in HOSTS.items():
            known = any(is_capture(path, host) for host in hosts.split())
            assert known == (venue == name), (path.name, name)


def test_a_long_address_is_known_too(capture: Write) -> None:
    streams = "/".join(f"btcusd_{day}@depth" for day in range(900))
    path = capture(f"wss://feed.example/stream?streams={streams} <-> 12.5")
    assert is_capture(path, "feed.example")
    assert not is_capture(path, "example")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain text",
        gzip.compress(b"", mtime=0),
        gzip.compress(b"not a frame", mtime=0),
        gzip.compress(b"https://feed.example", mtime=0),
        gzip.compress(b"https://feed.example/ -> now: {}", mtime=0),
        b"\x1f\x8bbroken",
    ],
)
def test_other_files_are_no_captures(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.gz"
    path.write_bytes(content)
    assert not is_capture(path, "feed.example")
    assert not is_capture(tmp_path, "feed.example")
    assert not is_capture(tmp_path / "absent.gz", "feed.example")


def test_addresses_carry_over_and_configuration_is_passed_over(capture: Write) -> None:
    path = capture(
        "https://feed.example/list -> 1.5: [1]",
        'configuration: {"trades":["BTC"]}',
        f"{FEED} <-> 1.6",
        f'{FEED} <- 1.7: {{"op":"subscribe"}}',
        "",
        "1.8000000001: [2]",
        "2: [3]",
    )
    found = list(frames(path))
    assert [(frame.direction, frame.local_time_ns, frame.body) for frame in found] == [
        ("answered", 1_500_000_000, b"[1]"),
        ("connected", 1_600_000_000, b""),
        ("sent", 1_700_000_000, b'{"op":"subscribe"}'),
        ("received", 1_800_000_000, b"[2]"),
        ("received", 2_000_000_000, b"[3]"),
    ]
    assert found[-1].address == FEED
    assert found[-1].place == 7


def test_bytes_are_unpacked(capture: Write) -> None:
    packed = gzip.compress(b'{"ping":1}', mtime=0)
    path = capture(f"{FEED} <-> 1", f"2: {packed!r}", "3: b'[4]'")
    assert [frame.body for frame in frames(path)] == [b"", b'{"ping":1}', b"[4]"]


@pytest.mark.parametrize(
    "body",
    [repr(gzip.compress(b"[1]", mtime=0)[:-6]), "b'no end", r"b'\x1f\x8bno'", "b'a' + b'b'"],
)
def test_a_broken_body_is_named(capture: Write, body: str) -> None:
    path = capture(f"{FEED} <-> 1", f"2: {body}", name="broken.gz")
    with pytest.raises(MarketDataError, match=r"broken\.gz line 2 has a broken body"):
        list(frames(path))


def test_a_line_that_is_no_frame_is_named_after_what_came_before(capture: Write) -> None:
    path = capture(f"{FEED} <-> 1", "2: [1]", "yesterday: [2]", name="odd.gz")
    walk = frames(path)
    assert [next(walk).place, next(walk).place] == [1, 2]
    with pytest.raises(MarketDataError, match=r"odd\.gz line 3 is no frame of a capture: b'yest"):
        next(walk)


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_file_cut_off_is_refused_by_name(
    venue_captures: Path, tmp_path: Path, share: float
) -> None:
    whole = (venue_captures / "BITMEX.ws.1.0.gz").read_bytes()
    path = tmp_path / "cut.gz"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert is_capture(path, "www.bitmex.com")
    with pytest.raises(MarketDataError, match=r"cut\.gz is cut off or corrupt"):
        list(frames(path))


def test_a_file_with_a_spoiled_byte_is_refused(venue_captures: Path, tmp_path: Path) -> None:
    whole = bytearray((venue_captures / "DERIBIT.ws.1.0.gz").read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path = tmp_path / "spoiled.gz"
    path.write_bytes(bytes(whole))
    with pytest.raises(MarketDataError, match=r"spoiled\.gz"):
        list(frames(path))


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MarketDataError, match=r"absent\.gz cannot be read"):
        list(frames(tmp_path / "absent.gz"))


@given(
    st.lists(st.tuples(st.integers(0, 4 * 10**18), st.binary(max_size=40)), max_size=8),
    st.booleans(),
)
def test_whatever_is_recorded_is_walked(
    tmp_path_factory: pytest.TempPathFactory, received: list[tuple[int, bytes]], packed: bool
) -> None:
    """Bytes as Python writes them, packed or not, with clocks to the nanosecond."""
    lines = [f"{FEED} <-> 1.5"]
    for nanoseconds, body in received:
        seconds, rest = divmod(nanoseconds, 10**9)
        kept = gzip.compress(body, mtime=0) if packed or body[:2] == b"\x1f\x8b" else body
        lines.append(f"{seconds}.{rest:09}: {kept!r}")
    path = tmp_path_factory.mktemp("captures") / "capture.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    found = list(frames(path))[1:]
    assert [(frame.local_time_ns, frame.body) for frame in found] == received
    assert {frame.direction for frame in found} <= {"received"}


class Ping(msgspec.Struct):
    ping: int


def test_a_body_is_decoded_as_its_type_or_refused_with_its_place() -> None:
    decoder = msgspec.json.Decoder(Ping)

    def frame(body: bytes) -> Frame:
        return Frame(FEED, "received", 1, body, 9, "feed.gz")

    assert frame(b'{"ping":3}').decoded(decoder) == Ping(3)
    with pytest.raises(MarketDataError, match=r"feed\.gz line 9 is no message as expected: .*int"):
        frame(b'{"ping":"x"}').decoded(decoder)
    with pytest.raises(MarketDataError, match=r"feed\.gz line 9 is not JSON"):
        frame(b'{"ping":').json()
    with pytest.raises(MarketDataError, match=r"feed\.gz line 9 is not JSON"):
        frame(b'"\xff"').json()
