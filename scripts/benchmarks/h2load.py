"""The load of gRPC clients: nghttp2's h2load, over HTTP/2."""

import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile

from .packages import debian
from .processes import cpu_seconds, peak_mebibytes

# Calls at once on each connection.
STREAMS = 4


def bring():
    if not shutil.which("h2load"):
        debian("nghttp2-client")


def load(gateway, scenario, contender, seconds, connections, cores):
    """One round, as wrk's: the connections are fewer, with several calls at once on each."""
    request, pid = contender.request, gateway.process.pid
    headers = [word for pair in request.headers().items() for word in ("-H", ": ".join(pair))]
    with tempfile.TemporaryDirectory() as name:
        body, log = pathlib.Path(name, "body"), pathlib.Path(name, "log")
        body.write_bytes(request.body)
        command = ["h2load", "-t1", f"-c{connections // STREAMS}", f"-m{STREAMS}", f"-D{seconds}", f"--log-file={log}"]
        command += [*headers, "-d", str(body), f"http://127.0.0.1:{gateway.port(contender)}{request.path}"]
        before = cpu_seconds(pid)
        output = subprocess.run(
            command, capture_output=True, text=True, check=True, preexec_fn=lambda: os.sched_setaffinity(0, cores)
        ).stdout
        used = cpu_seconds(pid) - before
        took = sorted(int(line.split()[2]) / 1000 for line in log.read_text().splitlines())
    done, failed, errored = map(
        int, re.search(r"(\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored", output).groups()
    )
    data = int(re.search(r"traffic: .*\((\d+)\) data", output).group(1))
    # A gRPC error is of status 200, and has no message.
    if failed or errored or data < 0.98 * done * contender.size:
        raise SystemExit(f"the load on {contender.label} saw errors:\n{output}")
    if done == 0:
        return None
    return {
        "rate": float(re.search(r"([\d.]+) req/s", output).group(1)) * scenario.messages,
        "p50": statistics.median(took),
        "p99": took[int(len(took) * 0.99)],
        "cpu": used / (done * scenario.messages) * 1e6,
        "memory": peak_mebibytes(pid),
    }
