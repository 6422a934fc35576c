#!/usr/bin/env python3
"""Does the load engine measure the truth? A server answers after 50 ms, and
not at all for one second of every ten; it writes down when each request came
and when it was answered. See README.md."""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import threading
import time
from pathlib import Path

from arrivals import played
from load import ANSWER, HERE

SERVICE, EVERY, PAUSE = 0.050, 10.0, 1.0
QUANTILES = {"p50_ms": 0.50, "p99_ms": 0.99, "p999_ms": 0.999}


class Slow(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, seen, began):
        self.seen, self.began, self.text = seen, began, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.text += data
        head, end, rest = self.text.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if not end or not length or len(rest) < int(length.group(1)):
            return
        self.text = rest[int(length.group(1)):]
        own = re.search(rb"(?i)x-correlation-id: (\S+)", head).group(1)
        came = time.monotonic()
        done = came + SERVICE
        phase = (done - self.began) % EVERY
        if phase > EVERY - PAUSE:
            done += EVERY - phase
        asyncio.get_running_loop().call_at(done, self.answer, own, came)

    def answer(self, own, came):
        body = ANSWER.encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Correlation-Id: %s\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(head % (own, len(body)) + body)
        self.seen.append((came, time.monotonic()))


class Server:
    """The server, in a thread of its own."""

    def __init__(self):
        self.seen, ready = [], threading.Event()
        self.loop = asyncio.new_event_loop()

        async def listen():
            began = time.monotonic()
            server = await self.loop.create_server(lambda: Slow(self.seen, began), "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()

        def run():
            self.loop.create_task(listen())
            self.loop.run_forever()

        threading.Thread(target=run, daemon=True).start()
        ready.wait()


def quantile(spans, share):
    """In ms: so many are not above it."""
    ordered = sorted(spans)
    rank = max(1, -(-share * len(ordered) // 1))
    return ordered[int(rank) - 1] * 1e3


def truth(seen, rate):
    """Spans from when each was due, and from when it came: whoever is due first
    comes first. The first was due when it came, unless others came earlier for
    their turn: at rates of which no instant falls on a whole millisecond, where
    timers fire, some come at once."""
    seen = sorted(seen)
    first = min(came - number / rate for number, (came, _) in enumerate(seen))
    corrected = [done - (first + number / rate) for number, (_, done) in enumerate(seen)]
    return corrected, [done - came for came, done in seen]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    server, wrong, told = Server(), False, {}
    print(f"{'':8}{'':12}{'quantile':>10}{'true ms':>10}{'told ms':>10}{'off':>8}")
    with tempfile.TemporaryDirectory() as name:
        for scenario, rate in (("wide", 97), ("narrow", 17)):
            server.seen.clear()
            phase = played(Path(name), server, scenario, HERE / "truth/scenarios")
            spans = dict(zip(("corrected", "uncorrected"), truth(server.seen, rate)))
            for kind, spans in spans.items():
                for key, share in QUANTILES.items():
                    true, measured = quantile(spans, share), phase["latencies"][0][kind][key]
                    good = abs(measured - true) <= max(0.02 * true, 1.0)
                    wrong |= not good
                    told[f"{scenario} {kind} {key}"] = (true, measured)
                    mark = "" if good else "  more than 2 % and 1 ms"
                    print(f"{scenario:8}{kind:12}{share:>10}{true:10.1f}{measured:10.1f}{measured / true - 1:8.1%}{mark}")
    if options.json:
        options.json.write_text(json.dumps(told, indent=2))
    sys.exit(wrong)


if __name__ == "__main__":
    main()
