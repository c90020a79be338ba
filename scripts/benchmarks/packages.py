"""Packages that are brought where they are missing, below the target folder or of Debian."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
VENV = ROOT / "target/bench-venv"


def debian(*names):
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run([*sudo, "apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*sudo, "apt-get", "install", "-qy", *names], check=True, stdout=subprocess.DEVNULL)


def pypi(requirement):
    """Where this one's files are, in an environment of their own."""
    if not VENV.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip = [str(VENV / "bin/pip"), "install", "-q", "--disable-pip-version-check", requirement]
    subprocess.run(pip, check=True)
    return next(VENV.glob("lib/python*/site-packages"))
