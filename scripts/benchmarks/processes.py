"""Processes on cores of their own, and what the system says of them."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
START_SECONDS = 30
STOP_SECONDS = 10


def cores():
    """A core for what is measured, and those for all else."""
    first, *others = sorted(os.sched_getaffinity(0))
    return {first}, set(others) or {first}


def free_port():
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        return probe_socket.getsockname()[1]


@contextlib.contextmanager
def running(command, own_cores, port, environment=None, folder=None):
    """A process on these cores, from when it listens on the port until the block ends."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
        cwd=folder,
        preexec_fn=lambda: os.sched_setaffinity(0, own_cores),
    )
    try:
        wait_for(process, port)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for(process, port):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"{process.args[0]} ended before it listened")
        with socket.socket() as probe_socket:
            probe_socket.settimeout(1)
            if probe_socket.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"{process.args[0]} does not listen on port {port}")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def peak_mebibytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024
