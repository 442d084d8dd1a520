"""Process CPU time to start Obverse: `.venv/bin/python benchmarks/startup.py [--json] [-n 7]`.

CPU time (user and system, the children's too) depends less on what else the machine does than
the wall clock; the ratio to an empty Python of the same run, less on the machine.
"""

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

OBVERSE = Path(sys.executable).with_name("obverse")
BARE = "python -c pass"
CASES = {
    BARE: ([sys.executable, "-c", "pass"], None),
    "obverse --help": ([str(OBVERSE), "--help"], 0.3),
    "obverse report": ([str(OBVERSE), "report"], 1.5),
}


def cpu_seconds(command, directory):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(repeats):
    """Median of `repeats` starts, after one that warms the caches."""
    medians = {}
    with tempfile.TemporaryDirectory() as directory:
        for name, (command, _) in CASES.items():
            cpu_seconds(command, directory)
            runs = [cpu_seconds(command, directory) for _ in range(repeats)]
            medians[name] = statistics.median(runs)
    return [
        {
            "command": name,
            "cpu_seconds": round(medians[name], 4),
            "limit_seconds": limit,
            "ratio_to_bare": round(medians[name] / medians[BARE], 2),
        }
        for name, (_, limit) in CASES.items()
    ]


def main():
    parser = argparse.ArgumentParser(description="Measure the CPU time of starting Obverse.")
    parser.add_argument("-n", type=int, default=7, help="runs of each command (default: 7)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if not OBVERSE.exists():
        sys.exit(f"There is no obverse beside {sys.executable}.")
    rows = measure(options.n)
    if options.json:
        print(json.dumps({"python": platform.python_version(), "n": options.n, "rows": rows}))
        return
    print(f"{'command':<16}{'CPU s':>8}{'limit s':>9}{'x bare':>8}")
    for row in rows:
        limit = row["limit_seconds"] or "-"
        print(
            f"{row['command']:<16}{row['cpu_seconds']:>8.3f}{limit:>9}{row['ratio_to_bare']:>8.1f}"
        )


if __name__ == "__main__":
    main()
