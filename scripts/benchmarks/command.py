"""One run: brings what is needed, starts the gateways, and has each scenario's load on them in turn."""

import argparse
import contextlib
import pathlib
import sys
import tempfile

from . import envelopes, h2load, queries, report, scenarios, wrk
from .gateways import Ground
from .gateways.dragoman import Dragoman, build
from .gateways.envoy import Envoy
from .gateways.hive import Hive
from .gateways.tailcall import Tailcall
from .processes import cores, free_port, running

SCENARIOS = {scenario.name: scenario for scenario in scenarios.ALL + queries.ALL + envelopes.ALL}
GATEWAYS = {kind.name: kind for kind in (Dragoman, Envoy, Tailcall, Hive)}
PEERS = [name for name in GATEWAYS if name != Dragoman.name]
WARM_UP_SECONDS = 2


def main(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", default=",".join(SCENARIOS), help="scenarios, with commas between them")
    for peer in PEERS:
        parser.add_argument(f"--no-{peer}", dest="without", action="append_const", const=peer, default=[])
    parser.add_argument("--profile", default="dist", help="cargo's profile for what is measured")
    parser.add_argument("--binary", help="measures this one and builds nothing")
    options = parser.parse_args()
    unknown = [name for name in options.only.split(",") if name not in SCENARIOS]
    if unknown:
        parser.error(f"no scenario named {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")

    chosen = [SCENARIOS[name].without(options.without) for name in options.only.split(",")]
    contenders = [contender for scenario in chosen for contender in scenario.contenders]
    for tool in {tool_of(contender) for contender in contenders}:
        tool.bring()
    binary = options.binary or build(options.profile)
    with tempfile.TemporaryDirectory() as folder:
        run(pathlib.Path(folder), str(pathlib.Path(binary).resolve()), chosen, options)


def run(folder, binary, chosen, options):
    wanted = {contender.gateway for scenario in chosen for contender in scenario.contenders}
    kinds = [kind for name, kind in GATEWAYS.items() if name in wanted]
    for kind in kinds:
        kind.bring()
    # The gateway under test has one core to itself; load and backend share the other.
    gateway_cores, other_cores = cores()
    ground = Ground(folder, binary, free_port(), gateway_cores, chosen)
    shop = [binary, "shop", "--address", f"127.0.0.1:{ground.backend_port}"]
    with contextlib.ExitStack() as stack:
        stack.enter_context(running(shop, other_cores, ground.backend_port))
        gateways = {kind.name: stack.enter_context(kind.started(ground)) for kind in kinds}
        for scenario in chosen:
            measure(scenario, gateways, other_cores, options)
    report.write(chosen, [gateway.version() for gateway in gateways.values()])


def measure(scenario, gateways, cores, options):
    """Rounds of load on each contender in turn, between two looks at what they answer."""
    scenario.probe(gateways)
    print(f"{scenario.title}: {scenario.told()}", file=sys.stderr)
    seconds = [WARM_UP_SECONDS] + [options.seconds] * options.rounds
    for number, duration in enumerate(seconds):
        for contender in scenario.contenders:
            gateway = gateways[contender.gateway]
            tool = tool_of(contender)
            sample = tool.load(gateway, scenario, contender, duration, options.connections, cores)
            if number == 0:
                continue
            if sample is None:
                raise SystemExit(f"{scenario.name}: {contender.label} needs more than {duration} s for an answer")
            contender.samples.append(sample)
    scenario.probe(gateways)


def tool_of(contender):
    return h2load if contender.request.is_grpc else wrk
