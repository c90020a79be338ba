"""What was measured, as a table for docs/benchmarks.md."""

import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys


def write(scenarios, versions):
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    wrk = re.search(r"wrk (\S+)", subprocess.run(["wrk", "-v"], capture_output=True, text=True).stdout)
    system = f"{platform.system()} {platform.release()}"
    print(f"machine: {cpu.group(1) if cpu else platform.machine()}, {os.cpu_count()} cores, {system}")
    print(f"versions: {', '.join(versions)}, wrk {wrk.group(1) if wrk else ''}".rstrip())
    print(f"command: scripts/bench {' '.join(sys.argv[1:])}".rstrip())
    print()
    print("| scenario | gateway | requests or messages/s | p50 ms | p99 ms | CPU µs each (best) | peak MiB | CPU ratio |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for scenario in scenarios:
        own = median(scenario.contenders[0], "cpu")
        for contender in scenario.contenders:
            rate, p50, p99, cpu, memory = (median(contender, key) for key in ("rate", "p50", "p99", "cpu", "memory"))
            best = min(sample["cpu"] for sample in contender.samples)
            # What part of this one's CPU time the first takes.
            ratio = "" if contender is scenario.contenders[0] else f"{own / cpu:.3f}"
            print(
                f"| {scenario.title} | {contender.label} | {rate:.0f} | {p50:.2f} | {p99:.2f} "
                f"| {cpu:.1f} ({best:.1f}) | {memory:.0f} | {ratio} |"
            )


def median(contender, key):
    return statistics.median(sample[key] for sample in contender.samples)
