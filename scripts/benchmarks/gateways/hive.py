"""Hive Gateway, tuned: one process, queries compiled by graphql-jit, no sockets, errors logged only.

GraphQL Mesh composes the supergraph that it serves, from the shop's files.
"""

import contextlib
import subprocess

from ..packages import ROOT, node, npm, npm_version
from ..processes import free_port, running

VERSIONS = ["@graphql-hive/gateway", "@graphql-mesh/transport-grpc"]


class Hive:
    name = "hive"

    def __init__(self, process, port):
        self.process, self.own_port = process, port

    @classmethod
    def bring(cls):
        cls.node, cls.packages = str(node()), npm()

    @classmethod
    @contextlib.contextmanager
    def started(cls, ground):
        port, flags = free_port(), ["--jit", "--disable-websockets", "--fork", "1", "--host", "127.0.0.1"]
        gateway = [cls.node, str(cls.packages / "node_modules/.bin/hive-gateway"), "supergraph", *flags]
        command = [*gateway, "--port", str(port), str(cls.compose(ground))]
        environment = {"NODE_ENV": "production", "LOG_LEVEL": "error"}
        with running(command, ground.cores, port, environment, ground.folder) as process:
            yield cls(process, port)

    @classmethod
    def compose(cls, ground):
        supergraph = ground.folder / "supergraph.graphql"
        command = [cls.node, "node_modules/.bin/mesh-compose", "--config-path", "mesh.config.mjs"]
        environment = {"SHOP": f"127.0.0.1:{ground.backend_port}", "PROTO": str(ROOT / "proto")}
        composed = subprocess.run(
            [*command, "--output", str(supergraph)],
            cwd=cls.packages,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if composed.returncode or not supergraph.exists():
            raise SystemExit(f"Mesh does not compose the shop's files:\n{composed.stdout}")
        return supergraph

    def port(self, _):
        return self.own_port

    def version(self):
        runtime = subprocess.run([self.node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        return ", ".join([*(f"{package} {npm_version(package)}" for package in VERSIONS), f"Node {runtime}"])
