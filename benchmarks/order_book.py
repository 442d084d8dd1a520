"""Rebuilding recorded order books: `benchmarks/order_book.py FOLDER [--peer-python PATH] [-n 9]`.

FOLDER holds the recorded Binance minutes (`cm_btcusd_perp_depth.parquet` and its like). Beside each
rebuild, turn about in the same run, hftbacktest goes through the same rows; it wants an older
NumPy than we do, so it runs in an interpreter of its own, which `--peer-python` names. Nothing is
judged in seconds.

An event is a row of the recording: one level of one side. Both start from the snapshot; what was
in it already is left out of both. Ours is timed from the table of rows to the best quotes after
every message, with all checks; the peer from its own array of events, made before and not timed,
in each of its ways to go through them:

    elapse   one step over everything, only the last book is seen: its fastest
    feed     a stop at every event, best prices read: what a strategy sees

with its two books (`hashmap`, `roi`) and as events of the local side alone, so that it keeps one
book and not two. Before anything is timed, both must have had the same best prices and sizes at
every timestamp.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RECORDINGS = {"cm_btcusd_perp": ("0.1", "1"), "spot_btcusdt": ("0.01", "0.00001")}
WAYS = [(book, way) for book in ("hashmap", "roi") for way in ("elapse", "feed")]
LIMIT = 1.0


def recorded(folder, name):
    """The snapshot and the differences after it, as rows of `book_levels`."""
    import polars as pl

    from obverse.market.order_book import in_stream_order
    from obverse.market.sources.binance_recordings import read

    parts = [
        read(folder / f"{name}_{stream}")[0].frame
        for stream in ("depth.parquet", "depth_snapshot.json")
    ]
    levels = in_stream_order(pl.concat(parts, how="diagonal_relaxed"))
    number = levels.filter("snapshot")["update_id"][0]
    newer = pl.col("snapshot") | (pl.col("update_id") > number)
    return levels.filter(newer).rechunk()


def ours(levels, tick):
    from obverse.market.order_book import RISING, rebuild

    return rebuild(levels, tick=tick, rule=RISING)


def by_time(times, *columns):
    """The last of each timestamp."""
    last = np.append(np.flatnonzero(np.diff(times)), len(times) - 1)
    return np.stack([times[last], *(column[last] for column in columns)])


def quotes(book):
    """Best prices in ticks and sizes at the end of each timestamp."""
    columns = (book.bid_tick, book.ask_tick, book.bid_size, book.ask_size)
    return by_time(book.stream.time_ns.astype(np.float64), *columns)


def seconds(call):
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


class Peer:
    """hftbacktest in its own interpreter, which answers one line of JSON for each it reads."""

    def __init__(self, python, levels, tick, lot, folder):
        path = folder / "rows.npz"
        np.savez(
            path,
            time=levels["time"].to_physical().to_numpy(),
            snapshot=levels["snapshot"].to_numpy(),
            is_bid=levels["is_bid"].to_numpy(),
            price=levels["price"].to_numpy(),
            size=levels["size"].to_numpy(),
        )
        self.process = subprocess.Popen(
            [python, __file__, "--serve", str(path), tick, lot],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, book, way):
        self.process.stdin.write(json.dumps([book, way]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("order_book.py: the peer ended; its own message is above.")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def serve(path, tick, lot):
    """The peer's side; needs hftbacktest and NumPy alone."""
    import hftbacktest as hft
    from numba import njit

    rows = np.load(path)
    events = np.zeros(len(rows["time"]), hft.event_dtype)
    kind = np.where(rows["snapshot"], hft.DEPTH_SNAPSHOT_EVENT, hft.DEPTH_EVENT)
    side = np.where(rows["is_bid"], hft.BUY_EVENT, hft.SELL_EVENT)
    events["ev"] = kind | side | hft.LOCAL_EVENT
    events["exch_ts"] = events["local_ts"] = rows["time"]
    events["px"], events["qty"] = rows["price"], rows["size"]
    low, high = rows["price"].min(), rows["price"].max()

    @njit
    def elapse(backtest, until):
        backtest.elapse(until)
        return 0

    @njit
    def feed(backtest, until):
        seen = 0
        while backtest.wait_next_feed(False, until) == 2:
            depth = backtest.depth(0)
            seen += depth.best_ask_tick > depth.best_bid_tick
        return seen

    # `best_bid_qty` of the roi book gives its price in 2.4.4. The last event ends the data: the
    # peer does not stop at it, so what it then has is written down at the end.
    @njit
    def trace(backtest, until):
        seen = np.empty((5, len(events) + 1))
        count = 0
        more = True
        while more:
            more = backtest.wait_next_feed(False, until) == 2
            depth = backtest.depth(0)
            bid, ask = depth.best_bid_tick, depth.best_ask_tick
            seen[0, count] = backtest.current_timestamp if more else events["local_ts"][-1]
            seen[1, count], seen[2, count] = bid, ask
            seen[3, count] = depth.bid_qty_at_tick(bid)
            seen[4, count] = depth.ask_qty_at_tick(ask)
            count += 1
        return seen[:, :count]

    walks = {"elapse": elapse, "feed": feed, "trace": trace}
    makers = {"hashmap": hft.HashMapMarketDepthBacktest, "roi": hft.ROIVectorMarketDepthBacktest}
    for line in sys.stdin:
        book, way = json.loads(line)
        asset = (
            hft.BacktestAsset().data(events).linear_asset(1.0).constant_order_latency(0, 0)
            .risk_adverse_queue_model().no_partial_fill_exchange()
            .trading_value_fee_model(0.0, 0.0).tick_size(float(tick)).lot_size(float(lot))
        )  # fmt: skip
        if book == "roi":
            asset = asset.roi_lb(low).roi_ub(high)
        backtest = makers[book]([asset])
        begun = time.perf_counter()
        seen = walks[way](backtest, 10**15)
        taken = time.perf_counter() - begun
        backtest.close()
        if way == "trace":
            np.save(Path(path).with_name("seen.npy"), seen)
        print(json.dumps({"seconds": taken}), flush=True)


def agreed(peer, book, folder):
    """Stop unless both books had the same best quotes; the peer writes down all that it saw."""
    wanted = quotes(book)
    for kind in ("hashmap", "roi"):
        peer.run(kind, "trace")
        found = by_time(*np.load(folder / "seen.npy"))
        if found.shape != wanted.shape or (found != wanted).any():
            sys.exit(f"order_book.py: the quotes of {kind} are not ours: {found} and {wanted}.")


def measure(folder, name, repeats, python):
    tick, lot = RECORDINGS[name]
    levels = recorded(folder, name)
    book = ours(levels, tick)
    events = len(levels)
    row = {"recording": name, "events": events, "messages": len(book.stream)}
    row |= {"crossed": book.crossed_count}
    with tempfile.TemporaryDirectory() as place:
        peer = Peer(python, levels, tick, lot, Path(place)) if python else None
        if peer:
            agreed(peer, book, Path(place))
        times = {"ours": [], **{each: [] for each in WAYS if peer}}
        for _ in range(repeats):
            ours(levels, tick)  # the peer has just laid out its events: warm caches for both
            times["ours"].append(seconds(lambda: ours(levels, tick)))
            for each in WAYS if peer else ():
                times[each].append(peer.run(*each)["seconds"])
        if peer:
            peer.close()
    rates = {each: events / statistics.median(found) for each, found in times.items()}
    row["ours_per_second"] = round(rates.pop("ours"))
    row["peer_per_second"] = {" ".join(each): round(rate) for each, rate in rates.items()}
    if rates:
        row["ratio"] = round(row["ours_per_second"] / max(rates.values()), 2)
        row["ratio_every_quote"] = round(
            row["ours_per_second"] / max(rates[each] for each in WAYS if each[1] == "feed"), 2
        )
    return row | {"limit": LIMIT}


def shown(row):
    print(
        f"{row['recording']}: {row['events']:,} events in {row['messages']:,} messages, "
        f"{row['crossed']} crossed"
    )
    print(f"  {'ours':<16}{row['ours_per_second'] / 1e6:8.1f} million events a second")
    for each, rate in row["peer_per_second"].items():
        print(f"  {each:<16}{rate / 1e6:8.1f}")
    if "ratio" in row:
        print(
            f"  ratio to the peer's fastest {row['ratio']}, limit {row['limit']}; to its fastest "
            f"that sees every quote {row['ratio_every_quote']}"
        )


def main():
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description="Measure the rebuilding of recorded order books.")
    parser.add_argument("folder", type=Path, help="the recorded Binance minutes")
    parser.add_argument("--peer-python", help="an interpreter that has hftbacktest")
    parser.add_argument("-n", type=int, default=9, help="runs of each (default: 9)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if not options.peer_python:
        print("no --peer-python: ours alone, and no ratio", file=sys.stderr)
    rows = [measure(options.folder, name, options.n, options.peer_python) for name in RECORDINGS]
    if options.json:
        print(json.dumps({"python": platform.python_version(), "n": options.n, "rows": rows}))
        return
    for row in rows:
        shown(row)


if __name__ == "__main__":
    main()
