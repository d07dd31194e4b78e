"""Processes that end with us, however we end.

Each is a process group of its own, killed when its owner leaves, at exit, on the usual signals, and
by the kernel if we are killed ourselves.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import ctypes
import os
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

_groups: set[int] = set()

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Running:
    """A process that writes its output to a file."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.returncode is not None

    def tail(self, lines: int = 15) -> str:
        """Return the last lines it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def end(self, how: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to the group, wait, and return the exit code."""
        if not self.ended:
            os.killpg(self.process.pid, how)
        code = await self.process.wait()
        _groups.discard(self.process.pid)
        return code


async def start(
    name: str, command: list[str], log: Path, environment: Mapping[str, str] | None = None
) -> Running:
    """Start a process; what it says is appended to `log`."""
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=os.environ | dict(environment or {}),
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    _groups.add(process.pid)
    return Running(name, process, log)


async def run(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a short command and return its output. Fails, showing what it said, if it fails."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | dict(environment or {}),
    )
    out, err = await process.communicate()
    assert process.returncode == 0, f"{' '.join(command)}: {(err or out).decode()[-1500:]}"
    return out.decode()


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that are free now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def end_with_us() -> None:
    """Make signals that would end us end the processes first."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)


@atexit.register
def _kill_all() -> None:
    for group in list(_groups):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        _groups.discard(group)


def _on_signal(number: int, _: FrameType | None) -> None:
    """End the processes, then ourselves as if nothing had caught the signal: an exception would
    fail one test, and the next would begin."""
    _kill_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
