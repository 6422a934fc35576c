#!/usr/bin/env python3
"""Ten million requests, closed loop, against one small server: does the load
engine grow, and is an operation lost? See README.md."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from load import Server, commands

EVERY = 0.25


def resident(pid):
    """Resident memory, in MiB; None where the process has ended."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS")), None)
    except OSError:
        return None


def watched(pid, server, seen):
    """Notes memory beside what the server counted, until the process ends."""
    while (memory := resident(pid)) is not None:
        seen.append((server.requests(), memory))
        time.sleep(EVERY)


def played(folder, server, seconds, options):
    """Plays for so long: what was seen meanwhile, requests that the server
    counted, run.json."""
    command = commands(folder, server, seconds, options.users, ["seamstress"])["seamstress"]
    before, seen = server.requests(), []
    process = subprocess.Popen(["taskset", "-c", str(options.core), *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    watch = threading.Thread(target=watched, args=(process.pid, server, seen))
    watch.start()
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    watch.join()
    if status:
        sys.exit(f"seamstress failed:\n{output.decode()}")
    # Each look at the server's counter is a request, too.
    counted = server.requests() - before - len(seen) - 1
    record = json.loads((folder / "reports/latest/run.json").read_text())["phases"][0]
    return seen, counted, record, usage.ru_maxrss / 1024


def grown(seen, counted):
    """Memory in the second tenth of the requests and in the last but one: the
    first tenth fills what is kept, in the last the end may have begun."""
    first = seen[0][0]
    tenth = lambda n: [memory for count, memory in seen if n * counted / 10 <= count - first < (n + 1) * counted / 10]
    return statistics.median(tenth(1)), statistics.median(tenth(8))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000_000)
    parser.add_argument("--users", type=int, default=64)
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--most", type=float, default=40, help="MiB that are not exceeded")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(folder, options.server_core)
        try:
            _, tried, record, _ = played(folder, server, 10, options)
            seconds = int(options.requests / (tried / record["took_ms"] * 1e3) * 1.3) + 1
            print(f"about {seconds} s", flush=True)
            seen, counted, record, peak = played(folder, server, seconds, options)
        finally:
            server.stop()
    operations = record["operations"]
    ends = {kind: operations[kind] for kind in ("done", "refused", "given_up", "unknown")}
    early, late = grown(seen, counted)
    print(f"{counted} requests counted by the server, {record['exchanges']} by seamstress")
    print(f"{operations['begun']} operations begun: {', '.join(f'{count} {kind}' for kind, count in ends.items())}")
    print(f"memory: {early:.1f} MiB after a tenth, {late:.1f} MiB after nine; {peak:.1f} MiB at most, the end included")
    faults = []
    if counted < options.requests:
        faults.append(f"fewer than {options.requests} requests")
    if not counted == record["exchanges"] == operations["begun"] == operations["done"]:
        faults.append("an operation is lost")
    if late > early * 1.05 + 1:
        faults.append("memory grows")
    if peak > options.most:
        faults.append(f"more than {options.most:.0f} MiB")
    if faults:
        sys.exit("; ".join(faults))


if __name__ == "__main__":
    main()
