#!/usr/bin/env python3
"""The gateway beside nginx as a plain proxy: CPU time for each request,
requests a second, added latency. Both in front of the same upstream, each on one
core, in turn. See README.md."""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
AUDIENCE = "3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91"
TICKS = os.sysconf("SC_CLK_TCK")

REPORT = """
done = function(summary, latency)
  io.write(string.format('{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"errors":%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""

UPSTREAM = """
worker_processes 1; daemon off; pid %(dir)s/%(name)s.pid; error_log %(dir)s/%(name)s.log;
events { worker_connections 4096; }
http {
  client_body_temp_path %(dir)s/%(name)s.body; proxy_temp_path %(dir)s/%(name)s.proxy; fastcgi_temp_path %(dir)s/%(name)s.fcgi;
  uwsgi_temp_path %(dir)s/%(name)s.uwsgi; scgi_temp_path %(dir)s/%(name)s.scgi;
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  server { listen 127.0.0.1:%(port)d backlog=4096; location / { default_type application/json; return 200 '%(body)s'; } }
}
"""

PROXY = """
worker_processes 1; daemon off; pid %(dir)s/%(name)s.pid; error_log %(dir)s/%(name)s.log;
events { worker_connections 4096; }
http {
  client_body_temp_path %(dir)s/%(name)s.body; proxy_temp_path %(dir)s/%(name)s.proxy; fastcgi_temp_path %(dir)s/%(name)s.fcgi;
  uwsgi_temp_path %(dir)s/%(name)s.uwsgi; scgi_temp_path %(dir)s/%(name)s.scgi;
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  upstream service { server 127.0.0.1:%(upstream)d; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:%(port)d backlog=4096;
    location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://service; }
  }
}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process):
    for _ in range(400):
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode}")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.025)
    sys.exit(f"nothing listens on port {port}")


def pinned(core, command, **more):
    return subprocess.Popen(["taskset", "-c", str(core), *command], **more)


def nginx(args, core, folder, name, text):
    config = folder / f"{name}.conf"
    config.write_text(text)
    return pinned(core, [args.nginx, "-c", str(config), "-p", str(folder)], stderr=subprocess.DEVNULL)


def family(pid):
    """A process and those below it: nginx's work is done by a child."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def cpu_seconds(pid):
    total = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def wrk(args, folder, url, headers, connections, seconds):
    command = ["taskset", "-c", str(args.load_core), args.wrk, "-t1", f"-c{connections}", f"-d{seconds}s",
               "-s", str(folder / "report.lua")]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    out = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    return json.loads(re.search(r"^\{.*\}$", out, re.M).group(0))


def measured(args, folder, target, connections):
    url, headers, process = target
    before = cpu_seconds(process.pid)
    result = wrk(args, folder, url, headers, connections, args.seconds)
    result["cpu_us"] = (cpu_seconds(process.pid) - before) / result["requests"] * 1e6
    result["rps"] = result["requests"] / result["seconds"]
    return result


def start_gateway(args, folder, upstream):
    environment = folder / "environment.toml"
    command = [args.seamstress, "serve", "--service", f"http://127.0.0.1:{upstream}", "--policies",
               str(HERE / "gateway"), "--openapi", str(HERE / "gateway.yaml"), "--write-env", str(environment)]
    process = pinned(args.core, command, stdout=subprocess.DEVNULL)
    for _ in range(400):
        if environment.exists():
            break
        if process.poll() is not None:
            sys.exit("the gateway did not start")
        time.sleep(0.025)
    said = dict(re.findall(r'^([\w-]+) = "(.*)"$', environment.read_text(), re.M))
    body = json.dumps({"client": "bench", "audience": AUDIENCE, "roles": []}).encode()
    request = urllib.request.Request(said["control"] + "/mint", body, {"Content-Type": "application/json"})
    token = json.load(urllib.request.urlopen(request))["token"]
    headers = {"Authorization": f"Bearer {token}", "X-Correlation-Id": "0b8ea11a-93ab-4c05-a1c5-5dbb0e4ad4f1"}
    return process, said["gateway"] + "/bench/things/1", headers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seamstress", default="target/release/seamstress")
    parser.add_argument("--nginx", default=shutil.which("nginx") or "/usr/sbin/nginx")
    parser.add_argument("--wrk", default=shutil.which("wrk") or "wrk")
    parser.add_argument("--core", type=int, default=1, help="of the gateway and of nginx as a proxy")
    parser.add_argument("--load-core", type=int, default=0, help="of wrk and of the upstream")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--body", type=int, default=200, help="bytes of a response")
    parser.add_argument("--json", type=Path, help="write the figures here")
    args = parser.parse_args()
    processes = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "report.lua").write_text(REPORT)
        try:
            figures = run(args, folder, processes)
        finally:
            for process in reversed(processes):
                process.send_signal(signal.SIGINT)
                process.wait()
    show(figures)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n")


def run(args, folder, processes):
    upstream, proxy = free_port(), free_port()
    names = {"dir": folder, "port": upstream, "name": "upstream", "body": "x" * args.body}
    processes.append(nginx(args, args.load_core, folder, "upstream", UPSTREAM % names))
    wait_for(upstream, processes[-1])
    names = {"dir": folder, "port": proxy, "name": "proxy", "upstream": upstream}
    processes.append(nginx(args, args.core, folder, "proxy", PROXY % names))
    plain = processes[-1]
    wait_for(proxy, plain)
    gateway, url, headers = start_gateway(args, folder, upstream)
    processes.append(gateway)
    targets = {
        "nginx": (f"http://127.0.0.1:{proxy}/bench/things/1", headers, plain),
        "gateway": (url, headers, gateway),
    }
    direct = (f"http://127.0.0.1:{upstream}/bench/things/1", headers, processes[0])
    for target in targets.values():
        wrk(args, folder, target[0], target[1], args.connections, 1)
    full = {name: [] for name in targets}
    calm = {name: [] for name in ["direct", *targets]}
    for _ in range(args.rounds):
        for name, target in targets.items():
            full[name].append(measured(args, folder, target, args.connections))
        # Latency is what a few connections see, when nothing is full.
        for name, target in {"direct": direct, **targets}.items():
            calm[name].append(measured(args, folder, target, 2))
    return {name: summary(full[name], calm[name], calm["direct"]) for name in targets}


def summary(full, calm, direct):
    median = lambda rounds, key: statistics.median(r[key] for r in rounds)
    return {
        "cpu_us_per_request": median(full, "cpu_us"),
        "requests_per_second": median(full, "rps"),
        "added_p50_us": median(calm, "p50") - median(direct, "p50"),
        "added_p99_us": median(calm, "p99") - median(direct, "p99"),
        "full_p99_us": median(full, "p99"),
        "requests": sum(r["requests"] for r in full + calm),
        "errors": sum(r["errors"] for r in full + calm),
    }


def show(figures):
    print(f"{'':<8} {'CPU µs':>8} {'req/s':>8} {'added p50':>10} {'added p99':>10} {'full p99':>9} {'errors':>7}")
    for name, f in figures.items():
        print(f"{name:<8} {f['cpu_us_per_request']:>8.2f} {f['requests_per_second']:>8.0f} {f['added_p50_us']:>8.0f}µs"
              f" {f['added_p99_us']:>8.0f}µs {f['full_p99_us']:>7.0f}µs {f['errors']:>7}")
    nginx, gateway = figures["nginx"], figures["gateway"]
    print(f"CPU of the gateway: {gateway['cpu_us_per_request'] / nginx['cpu_us_per_request']:.2f} times nginx's")


if __name__ == "__main__":
    main()
