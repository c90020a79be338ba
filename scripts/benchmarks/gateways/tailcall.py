"""Tailcall, tuned: one worker, its compiled queries on, no telemetry, errors logged only.

It does not validate queries unless told to, which it is not.
"""

import contextlib
import pathlib
import string
import subprocess

from ..packages import ROOT, debian_files, npm, npm_version
from ..processes import free_port, running

PACKAGE = "@tailcallhq/core-linux-x64-gnu"
SETTINGS = pathlib.Path(__file__).with_name("tailcall.graphql")
ENVIRONMENT = {"TAILCALL_TRACKER": "false", "TAILCALL_LOG_LEVEL": "error"}


class Tailcall:
    name = "tailcall"

    def __init__(self, process, port):
        self.process, self.own_port = process, port

    @classmethod
    def bring(cls):
        cls.command = runnable(npm() / "node_modules" / PACKAGE / "bin/tailcall")

    @classmethod
    @contextlib.contextmanager
    def started(cls, ground):
        port, config = free_port(), ground.folder / "tailcall.graphql"
        settings = string.Template(SETTINGS.read_text())
        config.write_text(settings.substitute(port=port, backend=ground.backend(), proto=ROOT / "proto"))
        with running([*cls.command, "start", str(config)], ground.cores, port, ENVIRONMENT) as process:
            yield cls(process, port)

    def port(self, _):
        return self.own_port

    def version(self):
        return f"{PACKAGE} {npm_version(PACKAGE)}"


def runnable(binary):
    """The command for it. It needs glibc 2.39: where the system's is older, Debian 13's runs it."""
    binary = str(binary)
    if works([binary]):
        return [binary]
    libraries = debian_files("libc6", "trixie") / "usr/lib/x86_64-linux-gnu"
    # libgcc_s is the system's.
    paths = f"{libraries}:/lib/x86_64-linux-gnu"
    command = [str(libraries / "ld-linux-x86-64.so.2"), "--library-path", paths, binary]
    if not works(command):
        raise SystemExit("Tailcall's binary does not run on this system")
    return command


def works(command):
    return subprocess.run([*command, "--version"], capture_output=True).returncode == 0
