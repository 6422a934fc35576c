#!/usr/bin/env python3
"""Schemathesis and Seamstress in turn against one FastAPI service with planted
defects: requests a second, client CPU a request, found and missed.

Run it with the Python of an environment that holds `requirements.txt`; see
README.md beside this file.
"""

import argparse
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TOKEN = "a-token-that-is-right"
METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")


class Service:
    """The service in a process of its own, with these defects."""

    def __init__(self, port, planted):
        self.port = port
        environment = {**os.environ, "TOKEN": TOKEN}
        environment.pop("PLANTED", None)
        if planted is not None:
            environment["PLANTED"] = ",".join(planted)
        command = [sys.executable, "-m", "uvicorn", "service:app", "--port", str(port), "--log-level", "critical"]
        self.process = subprocess.Popen(command, cwd=HERE, env=environment, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                self.get("/__requests")
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("the service does not come up")

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse().read()
        connection.close()
        return json.loads(answer)

    def requests(self):
        return self.get("/__requests")["requests"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def measured(command, folder, service):
    """Runs a tool; gives what it took: seconds, CPU seconds, requests."""
    before = service.requests()
    began = time.monotonic()
    with open(folder / "out.txt", "wb") as out, open(folder / "err.txt", "wb") as err:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err)
        _, _, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    cpu = usage.ru_utime + usage.ru_stime
    return {"seconds": seconds, "cpu": cpu, "requests": service.requests() - before, "rss_kib": usage.ru_maxrss}


def schemathesis(options, service, folder):
    tool = pathlib.Path(sys.executable).parent / "schemathesis"
    command = [
        str(tool), "run", f"http://127.0.0.1:{service.port}/openapi.json",
        "-H", f"Authorization: Bearer {TOKEN}", "--continue-on-failure", "--no-color",
        "--max-examples", str(options.max_examples), "--report", "json", "--report-dir", str(folder),
    ]  # fmt: skip
    took = measured(command, folder, service)
    report = json.loads(next(folder.glob("json-*.json")).read_text())
    shown = set()
    for failure in report["failures"]:
        for operation in failure["operations"]:
            label = operation if isinstance(operation, str) else operation.get("label", str(operation))
            shown.add((failure["type"], label))
    return took, shown


def seamstress(options, service, folder):
    document = service.get("/openapi.json")
    (folder / "openapi.json").write_text(json.dumps(document))
    names = {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }
    command = [
        str(options.seamstress), "check", str(folder / "openapi.json"), "--url", f"http://127.0.0.1:{service.port}",
        "-H", f"Authorization: Bearer {TOKEN}", "--cases", str(options.cases), "--format", "json",
        "--reports", str(folder / "reports"),
    ]  # fmt: skip
    took = measured(command, folder, service)
    report = json.loads((folder / "out.txt").read_text())
    shown = {
        (finding["check"], names.get(finding["operation"], str(finding["operation"])))
        for finding in report["findings"]
        if finding["severity"] != "information"
    }
    return took, shown


# What tells the defects of resources that several operations share.
ONLY = {
    "use-after-delete": ("UseAfterFree", "response/gone-after-delete"),
    "created-not-available": ("EnsureResourceAvailability", "response/created-available"),
}


def tells(shown, defect, operation):
    """Whether something that was shown is this defect: it stands at the path of
    its operation, under whichever method it was found."""
    kind, label = shown
    if defect in ONLY:
        return kind in ONLY[defect]
    return label.split(" ", 1)[-1] == operation.split(" ", 1)[-1]


def found_of(shown, defects):
    return sorted(name for name, (operation, _) in defects.items() if any(tells(s, name, operation) for s in shown))


def medians(rounds):
    middle = lambda of: statistics.median(of(r) for r in rounds)  # noqa: E731
    return {
        "requests": middle(lambda r: r["requests"]),
        "seconds": round(middle(lambda r: r["seconds"]), 2),
        "requests_per_second": round(middle(lambda r: r["requests"] / r["seconds"]), 1),
        "client_cpu_ms_per_request": round(middle(lambda r: 1000 * r["cpu"] / max(r["requests"], 1)), 3),
        "max_rss_mib": round(middle(lambda r: r["rss_kib"] / 1024), 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seamstress", type=pathlib.Path, default=HERE / "../../target/release/seamstress")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", type=int, default=6000, help="Seamstress's cases")
    parser.add_argument("--max-examples", type=int, default=100, help="Schemathesis's cases for each operation")
    parser.add_argument("--port", type=int, default=8741)
    parser.add_argument("--json", type=pathlib.Path, help="write the result here as well")
    options = parser.parse_args()
    options.seamstress = options.seamstress.resolve()

    sys.path.insert(0, str(HERE))
    from service import DEFECTS  # the list only; the service runs in processes of its own

    tools = {"schemathesis": schemathesis, "seamstress": seamstress}
    rounds = {name: [] for name in tools}
    shown = {name: set() for name in tools}
    alarms = {name: set() for name in tools}
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(options.rounds):
            for name, tool in tools.items():
                folder = pathlib.Path(scratch) / f"{name}-{number}"
                folder.mkdir()
                with Service(options.port, None) as service:
                    took, seen = tool(options, service, folder)
                rounds[name].append(took)
                shown[name] |= seen
                print(f"round {number + 1}: {name}: {took['requests']} requests in {took['seconds']:.1f} s", file=sys.stderr)
        for name, tool in tools.items():
            folder = pathlib.Path(scratch) / f"{name}-right"
            folder.mkdir()
            with Service(options.port, []) as service:
                _, alarms[name] = tool(options, service, folder)

    result = {"rounds": options.rounds, "defects": len(DEFECTS)}
    for name in tools:
        found = found_of(shown[name], DEFECTS)
        result[name] = {
            **medians(rounds[name]),
            "found": found,
            "missed": sorted(set(DEFECTS) - set(found)),
            "shown_on_the_right_service": sorted(" at ".join(one) for one in alarms[name]),
        }
    theirs, ours = result["schemathesis"], result["seamstress"]
    result["rate_ratio"] = round(ours["requests_per_second"] / theirs["requests_per_second"], 1)
    result["cpu_ratio"] = round(theirs["client_cpu_ms_per_request"] / max(ours["client_cpu_ms_per_request"], 1e-9), 1)
    result["found_by_schemathesis_alone"] = sorted(set(theirs["found"]) - set(ours["found"]))
    show(result, DEFECTS)
    text = json.dumps(result, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


def show(result, defects):
    theirs, ours = result["schemathesis"], result["seamstress"]
    rows = [("", "Schemathesis", "Seamstress")]
    for key in ("requests", "seconds", "requests_per_second", "client_cpu_ms_per_request", "max_rss_mib"):
        rows.append((key.replace("_", " "), str(theirs[key]), str(ours[key])))
    rows.append(("found", f"{len(theirs['found'])} of {len(defects)}", f"{len(ours['found'])} of {len(defects)}"))
    right = "shown_on_the_right_service"
    rows.append(("shown on the right service", str(len(theirs[right])), str(len(ours[right]))))
    for name in defects:
        rows.append(("  " + name, *("found" if name in tool["found"] else "missed" for tool in (theirs, ours))))
    for left, middle, last in rows:
        print(f"{left:<30} {middle:>14} {last:>14}")
    print(f"\nrate: {result['rate_ratio']} times; CPU a request: 1/{result['cpu_ratio']}\n")


if __name__ == "__main__":
    main()
