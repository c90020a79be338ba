"""What is measured: one worker, errors logged only; metrics, request ids and entity tags on."""

import contextlib
import os
import pathlib
import subprocess

from ..packages import ROOT
from ..processes import free_port, running

CONFIG = """
contracts:
  - reflection: shop
backends:
  shop: {{ grpc: {{ endpoints: ["{backend}"] }} }}
listeners:
  public: {{ address: "127.0.0.1:{port}", {frontends} }}
admin: {{ address: "127.0.0.1:0" }}
process: {{ threads: 1, log: {{ filter: error }} }}
"""


class Dragoman:
    name = "dragoman"

    def __init__(self, process, port, binary):
        self.process, self.own_port, self.binary = process, port, binary

    @staticmethod
    def bring():
        pass

    @classmethod
    @contextlib.contextmanager
    def started(cls, ground):
        port, config = free_port(), ground.folder / "dragoman.yaml"
        frontends = ", ".join(f"{name}: {{}}" for name in spoken(ground))
        config.write_text(CONFIG.format(backend=ground.backend(), port=port, frontends=frontends))
        with running([ground.binary, "serve", str(config)], ground.cores, port) as process:
            yield cls(process, port, ground.binary)

    def port(self, _):
        return self.own_port

    def version(self):
        return subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def spoken(ground):
    """REST, and what else this run needs."""
    contenders = [contender for scenario in ground.scenarios for contender in scenario.contenders]
    paths = {contender.request.path for contender in contenders if contender.gateway == Dragoman.name}
    starts = {"rest": "/", "graphql": "/graphql", "soap": "/soap/", "grpc": "/shop."}
    return [name for name, start in starts.items() if name == "rest" or any(path.startswith(start) for path in paths)]


def build(profile):
    subprocess.run(["cargo", "build", "--locked", "--profile", profile, "--bin", "dragoman"], check=True, cwd=ROOT)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / profile / "dragoman"
