"""Runs commands beside a `dragoman demo` on a port of the system's choice. `{address}` in them is
where it listens. The first that fails ends the run.

    run.py DRAGOMAN -- COMMAND... [-- COMMAND...]
"""

import itertools
import re
import subprocess
import sys

dragoman, *rest = sys.argv[1:]
groups = itertools.groupby(rest, lambda word: word == "--")
commands = [list(words) for is_mark, words in groups if not is_mark]
assert commands, __doc__

arguments = ["demo", "--address", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log", "warn"]
with subprocess.Popen([dragoman, *arguments], stdout=subprocess.PIPE, text=True) as demo:
    try:
        told = re.search(r"http://\S+?:\d+", demo.stdout.readline())
        assert told, "the demo does not say where it listens"
        for command in commands:
            command = [word.replace("{address}", told.group()) for word in command]
            code = subprocess.call(command)
            if code:
                sys.exit(code)
            assert demo.poll() is None, "the demo ended"
    finally:
        demo.terminate()
