"""The gateways, one a file: how each is brought, set and started.

Each has a `name`, `bring()`, `started(ground)` that runs it while a block lasts, and then `process`,
`port(contender)` and `version()`.
"""

import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True)
class Ground:
    """What all gateways stand on."""

    # Theirs to write into.
    folder: pathlib.Path
    # Ours, which is the backend too.
    binary: str
    backend_port: int
    cores: set
    # Those of this run.
    scenarios: list

    def backend(self):
        return f"http://127.0.0.1:{self.backend_port}"
