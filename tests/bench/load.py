#!/usr/bin/env python3
"""The load engine beside others: CPU time for each request, requests a second,
peak memory, in a closed loop against one small server. Each on one core, in
turn. See README.md."""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ANSWER = (
    '{"id":"0b54ab7c-6f0e-4b0b-9d38-2f2f0d1f7a11","status":"accepted","accepted":1,"note":"'
    + "n" * 108
    + '"}'
)

SERVER = """
worker_processes 1; daemon off; pid %(dir)s/nginx.pid; error_log %(dir)s/nginx.log;
events { worker_connections 20000; }
http {
  client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/fcgi;
  uwsgi_temp_path %(dir)s/uwsgi; scgi_temp_path %(dir)s/scgi;
  %(log)s keepalive_requests 100000000; keepalive_timeout 600s;
  server {
    listen 127.0.0.1:%(port)d backlog=16384;
    location = /status { stub_status; }
    location / { default_type application/json; add_header X-Correlation-Id $http_x_correlation_id; return 200 '%(answer)s'; }
  }
}
"""

LOG = "log_format instants '$msec $request_time'; access_log %s instants;"

WRK = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Correlation-Id"] = "0b54ab7c-6f0e-4b0b-9d38-2f2f0d1f7a11"
wrk.body = %s
"""


LOCUST = """
from locust import FastHttpUser, constant, task

class Flow(FastHttpUser):
    wait_time = constant(0)

    @task
    def post(self):
        self.client.post("/echo", data=%r, headers={"Content-Type": "application/json", "X-Correlation-Id": "0b54ab7c-6f0e-4b0b-9d38-2f2f0d1f7a11"})
"""


def body():
    note = ("the quick brown fox jumps over the lazy dog " * 30)[:930]
    return json.dumps({"id": "0b54ab7c-6f0e-4b0b-9d38-2f2f0d1f7a11", "amount": 123456, "note": note}, separators=(",", ":"))


class Server:
    """nginx, which answers every POST with 200 bytes of JSON."""

    def __init__(self, folder, core, log=None):
        self.port = free_port()
        config = folder / "nginx.conf"
        config.write_text(SERVER % {"dir": folder, "port": self.port, "answer": ANSWER, "log": LOG % log if log else "access_log off;"})
        self.process = subprocess.Popen(["taskset", "-c", str(core), "nginx", "-c", str(config)])
        for _ in range(400):
            try:
                self.requests()
                return
            except OSError:
                time.sleep(0.025)
        sys.exit("nginx does not listen")

    def requests(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status") as answer:
            return int(re.search(r"\n\s*\d+\s+\d+\s+(\d+)", answer.read().decode()).group(1))

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()


def free_port():
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def measured(server, core, command):
    """Runs a command on one core: requests that the server counted, CPU time,
    wall time, peak memory."""
    before, began = server.requests(), time.monotonic()
    process = subprocess.Popen(["taskset", "-c", str(core), *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed:\n{output.decode()}")
    requests = server.requests() - before - 1
    cpu = usage.ru_utime + usage.ru_stime
    return {
        "requests": requests,
        "cpu_us": cpu / requests * 1e6,
        "rate": requests / (time.monotonic() - began),
        "peak_mib": usage.ru_maxrss / 1024,
    }


def commands(folder, server, seconds, users, tools):
    url = f"http://127.0.0.1:{server.port}/echo"
    payload, lua = folder / "body.json", folder / "post.lua"
    payload.write_text(body())
    lua.write_text(WRK % json.dumps(body()))
    settings = folder / "bench.toml"
    settings.write_text(f'[environments.bench]\ngateway = "http://127.0.0.1:{server.port}"\noffers = ["load"]\n')
    scenarios = folder / "scenarios"
    shutil.copytree(HERE / "load" / "scenarios", scenarios, dirs_exist_ok=True)
    closed = scenarios / "closed.yaml"
    closed.write_text(re.sub(r"count: \d+, for: \d+ s", f"count: {users}, for: {seconds} s", closed.read_text()))
    oha = os.environ.get("OHA") or shutil.which("oha") or ROOT / "target/bench/bin/oha"
    locustfile = folder / "locustfile.py"
    locustfile.write_text(LOCUST % body())
    correlation = "X-Correlation-Id: 0b54ab7c-6f0e-4b0b-9d38-2f2f0d1f7a11"
    all_tools = {
        "oha": [oha, "--no-tui", "-z", f"{seconds}s", "-c", users, "-m", "POST", "-D", payload, "-T", "application/json",
                "-H", correlation, url],
        "wrk": ["wrk", "-t1", f"-c{users}", f"-d{seconds}s", "-s", lua, url],
        "seamstress": [os.environ.get("SEAMSTRESS", ROOT / "target/dist/seamstress"), "load", "closed", "--settings", settings, "--env", "bench",
                       "--contracts", HERE / "load/contracts", "--scenarios", scenarios, "--reports", folder / "reports"],
        "goose": [goose() if "goose" in tools else "goose", url, payload, users, seconds],
        "autocannon": ["autocannon", "-c", users, "-d", seconds, "-m", "POST", "-i", payload, "-H", "Content-Type: application/json",
                       "-H", correlation, url],
        "locust": ["locust", "-f", locustfile, "--headless", "-u", users, "-r", users, "-t", f"{seconds}s", "--only-summary",
                   "--host", f"http://127.0.0.1:{server.port}"],
    }
    return {tool: all_tools[tool] for tool in tools}


def goose():
    """The program of `goose.rs`, built."""
    told = subprocess.run(["cargo", "bench", "--bench", "goose", "--no-run"], cwd=ROOT, capture_output=True, text=True, check=True)
    return ROOT / re.search(r"Executable .*\((.*)\)", told.stderr).group(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--users", type=int, default=32)
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--tools", nargs="*", default=["oha", "wrk", "seamstress"],
                        choices=["oha", "wrk", "goose", "autocannon", "locust", "seamstress"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(folder, options.server_core)
        try:
            rounds = {}
            for _ in range(options.rounds):
                for tool, command in commands(folder, server, options.seconds, options.users, options.tools).items():
                    rounds.setdefault(tool, []).append(measured(server, options.core, command))
        finally:
            server.stop()
    medians = {tool: {key: statistics.median(r[key] for r in runs) for key in runs[0]} for tool, runs in rounds.items()}
    base = medians.get("oha")
    print(f"{'':12}{'CPU µs/request':>16}{'requests/s':>12}{'peak MiB':>10}{'CPU : oha':>11}")
    for tool, m in medians.items():
        ratio = f"{m['cpu_us'] / base['cpu_us']:.2f}" if base else ""
        print(f"{tool:12}{m['cpu_us']:16.1f}{m['rate']:12.0f}{m['peak_mib']:10.0f}{ratio:>11}")
    if options.json:
        options.json.write_text(json.dumps({"rounds": rounds, "medians": medians}, indent=2))


if __name__ == "__main__":
    main()
