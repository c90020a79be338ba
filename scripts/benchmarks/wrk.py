"""The load, and what it costs the gateway."""

import os
import re
import shutil
import subprocess
import tempfile

from .packages import ROOT, debian
from .processes import cpu_seconds, peak_mebibytes

UNITS = {"us": 1e-3, "ms": 1, "s": 1e3}
SIZES = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


def bring():
    if not shutil.which("wrk"):
        debian("wrk")


def load(gateway, scenario, contender, seconds, connections, cores):
    """One round: latencies in milliseconds, CPU in microseconds per message, memory in MiB.

    None where no answer was complete in the time, as happens to long streams.
    """
    request, pid = contender.request, gateway.process.pid
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "15s"]
    if request.accept is not None:
        command += ["-H", f"Accept: {request.accept}"]
    if request.body is not None:
        command += ["-s", str(ROOT / "benches/load/post.lua")]
    command.append(f"http://127.0.0.1:{gateway.port(contender)}{request.path}")
    with tempfile.NamedTemporaryFile() as body:
        body.write(request.body or b"")
        body.flush()
        before = cpu_seconds(pid)
        output = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            env=dict(os.environ, BODY_FILE=body.name, CONTENT_TYPE=request.content_type),
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        ).stdout
        used = cpu_seconds(pid) - before
    requests, size = received(output)
    # Errors of GraphQL are of status 200, and shorter than what was asked for. wrk rounds sizes.
    if "Non-2xx" in output or "Socket errors" in output or size < 0.98 * requests * contender.size:
        raise SystemExit(f"the load on {contender.label} saw errors:\n{output}")
    if requests == 0:
        return None
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)) * scenario.messages,
        "p50": milliseconds(re.search(r"(?m)^ +50% +(\S+)", output).group(1)),
        "p99": milliseconds(re.search(r"(?m)^ +99% +(\S+)", output).group(1)),
        "cpu": used / (requests * scenario.messages) * 1e6,
        "memory": peak_mebibytes(pid),
    }


def received(output):
    """How many answers came, and how many bytes with them."""
    requests, size, unit = re.search(r"(\d+) requests in \S+, ([\d.]+)(\w+) read", output).groups()
    return int(requests), float(size) * SIZES[unit]


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * UNITS[unit]
