#!/usr/bin/env python3
"""The open model: are ten thousand runs a second really begun, how late, and
does a burst take as long as it says? Against one small server, in turn with a
bare timer loop. See README.md."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from load import HERE, ROOT, Server


def played(folder, server, scenario, scenarios=HERE / "load/scenarios"):
    """Plays a scenario; gives its figures."""
    settings = folder / "bench.toml"
    settings.write_text(f'[environments.bench]\ngateway = "http://127.0.0.1:{server.port}"\noffers = ["load"]\n')
    binary = os.environ.get("SEAMSTRESS", ROOT / "target/dist/seamstress")
    command = [binary, "load", scenario, "--settings", settings, "--env", "bench", "--contracts", HERE / "load/contracts",
               "--scenarios", scenarios, "--reports", folder / "reports"]
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"seamstress failed:\n{ran.stdout}{ran.stderr}")
    return json.loads((folder / "reports/latest/run.json").read_text())["phases"][0]


def bare(rate, seconds):
    """How late a loop is that does nothing but wait, in µs at p99."""
    command = ["cargo", "bench", "-q", "--bench", "timer", "--", str(rate), str(seconds)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return int(told.split("p99 ")[1].split(" us")[0])


def burst_lasted(log, before):
    """From the first to the last byte of a request that nginx saw, in ms."""
    lines = [line.split() for line in log.read_text().splitlines()[before:]]
    began = [float(end) - float(took) for end, took in lines]
    return len(began), (max(began) - min(began)) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--server-core", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "access.log"
        server = Server(folder, options.server_core, log)
        rounds = []
        try:
            for _ in range(options.rounds):
                timer, even = bare(10_000, 5), played(folder, server, "arrivals")
                before = len(log.read_text().splitlines())
                played(folder, server, "burst")
                count, lasted = burst_lasted(log, before)
                rounds.append((even["due"], even["dropped"], even["lag"]["p99_ms"] * 1e3, timer, count, lasted))
        finally:
            server.stop()
    due, dropped, late, timer, count, lasted = (statistics.median(column) for column in zip(*rounds))
    print(f"arrivals: {due:.0f} due at 10,000 a second, {dropped:.0f} dropped")
    print(f"lateness p99: {late:.0f} us, {late / timer:.2f} times that of a bare timer loop ({timer:.0f} us)")
    print(f"burst: {count:.0f} requests within {lasted:.0f} ms, planned within 100 ms")


if __name__ == "__main__":
    main()
