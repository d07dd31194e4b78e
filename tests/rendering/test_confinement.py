"""What the child gave up is really gone: tried from inside a child."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Mapping

import pytest

from notifier.rendering import confinement

TRIALS: Mapping[str, str] = {
    "open a file": "open('/etc/hostname')",
    "write a file": "open('/tmp/out-of-the-child', 'w')",
    "open a socket": "socket.socket()",
    "look up a name": "socket.getaddrinfo('localhost', 80)",
    "open a pipe": "os.pipe()",
    "start a process": "os.fork()",
    "run a program": "os.execv('/bin/true', ['true'])",
    "signal its parent": "os.kill(os.getppid() or 1, 0)",
    "list a folder": "os.listdir('/')",
    "copy a descriptor": "os.dup(0)",
    "take a gigabyte": "bytearray(10**9)",
    "raise its limit": "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))",
}

PROGRAM = """
import json, os, resource, socket, sys
sys.modules.setdefault("_", sys)
import encodings.idna
from notifier.rendering import confinement
before = os.nice(0)
found = {"environment": dict(os.environ)}
restrict = confinement.syscalls.restrict

def look_first(libc):
    found["nicer by"] = os.nice(0) - before
    return restrict(libc)

confinement.syscalls.restrict = look_first
found["missing"] = confinement.confine((0, 1))
for name, code in json.loads(sys.argv[1]).items():
    try:
        eval(code)
        found[name] = "possible"
    except BaseException as error:
        found[name] = type(error).__name__
os.write(1, json.dumps(found).encode())
os._exit(0)
"""


@pytest.fixture(scope="module")
def found() -> Mapping[str, object]:
    """What a child could do."""
    command = [sys.executable, "-I", "-c", textwrap.dedent(PROGRAM), json.dumps(TRIALS)]
    done = subprocess.run(command, check=True, capture_output=True, env={}, cwd="/")
    result: Mapping[str, object] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("trial", TRIALS)
def test_the_child_cannot(found: Mapping[str, object], trial: str) -> None:
    """Nothing that reaches outside is left."""
    assert found[trial] in {"OSError", "PermissionError", "MemoryError", "gaierror", "ValueError"}


def test_the_daemon_comes_first(found: Mapping[str, object]) -> None:
    """A template that computes takes the processor after everything else."""
    assert found["nicer by"] == confinement.NICENESS


def test_the_environment_is_empty(found: Mapping[str, object]) -> None:
    """No setting and no credential comes along (the interpreter sets its own locale)."""
    assert set(found["environment"]) <= {"LC_CTYPE"}  # type: ignore[call-overload]
