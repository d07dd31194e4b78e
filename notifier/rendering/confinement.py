"""What the child gives up before it reads the first byte. Linux; elsewhere only the limits hold.

Order matters: first what needs files, last the limit that forbids to open any and the filter of
system calls. What is missing is returned, and the parent logs it once. Namespaces of its own are
often not permitted inside a container; the filter forbids every socket just as well.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Sequence
from typing import Final

from notifier.rendering import syscalls

MEMORY: Final = 256 * 1024 * 1024
"""Bytes of address space."""
CPU_S: Final = 2
"""Seconds of processor time in the life of a child."""

NICENESS: Final = 5
"""A third of the daemon's share of the processor: templates that compute slow down each other."""

_NO_NEW_PRIVILEGES: Final = 38
_DUMPABLE: Final = 4
_NAMESPACES: Final = 0x10000000 | 0x40000000 | 0x08000000  # user, network, IPC


def confine(keep: Sequence[int]) -> list[str]:
    """Give up everything but the descriptors in `keep`; return what could not be given up."""
    os.nice(NICENESS)
    missing = []
    for name, value in (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_MEMLOCK", 0),
        ("RLIMIT_MSGQUEUE", 0),
        ("RLIMIT_CPU", CPU_S),
        ("RLIMIT_AS", MEMORY),
    ):
        if not _limited(name, value):
            missing.append(name)
    if sys.platform != "linux":
        return [*missing, "everything but limits"]
    libc = ctypes.CDLL(None, use_errno=True)
    alone = libc.unshare(_NAMESPACES) == 0
    missing += _privileges(libc)
    _close_all_but(keep)
    if not _limited("RLIMIT_NOFILE", 0):
        missing.append("RLIMIT_NOFILE")
    if not syscalls.restrict(libc):
        missing += ["seccomp"] if alone else ["seccomp", "namespaces of its own"]
    return missing


def _limited(name: str, value: int) -> bool:
    kind = getattr(resource, name, None)
    if kind is None:
        return False
    try:
        resource.setrlimit(kind, (value, value))
    except (OSError, ValueError):
        return False
    return True


def _privileges(libc: ctypes.CDLL) -> list[str]:
    """Give up every way to more rights, and hide the memory from others of the same user."""
    missing = []
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        missing.append("no_new_privs")
    if libc.prctl(_DUMPABLE, 0, 0, 0, 0) != 0:
        missing.append("not dumpable")
    return missing


def _close_all_but(keep: Sequence[int]) -> None:
    highest = max(keep) + 1
    for descriptor in range(highest):
        if descriptor not in keep:
            try:
                os.close(descriptor)
            except OSError:
                continue
    os.closerange(highest, 65_536)
