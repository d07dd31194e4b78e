"""The system calls that are left to the child: a seccomp filter, where the kernel offers it.

Everything that is not listed fails with EPERM: no socket, no file, no signal to another process,
no look into its memory.
"""

from __future__ import annotations

import ctypes
import platform
import struct
from collections.abc import Mapping, Sequence
from typing import Final

_SET_SECCOMP: Final = 22
_FILTER: Final = 2

_LOAD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050001  # with EPERM
_KILL: Final = 0x80000000

LEFT: Final[Mapping[str, tuple[int, Sequence[int]]]] = {
    # read write close, mmap mprotect munmap brk mremap madvise, rt_sigaction rt_sigprocmask
    # rt_sigreturn sigaltstack, sched_yield futex, getpid getrusage, gettimeofday clock_gettime,
    # getrandom, exit exit_group
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 9, 10, 11, 12, 25, 28, 13, 14, 15, 131, 24, 202, 39, 98, 96, 228, 318, 60, 231),
    ),
    "aarch64": (
        0xC00000B7,
        (
            63, 64, 57, 222, 226, 215, 214, 216, 233, 134, 135, 139, 132, 124, 98, 172, 165, 169,
            113, 278, 93, 94,
        ),
    ),
}  # fmt: skip
"""By machine: the kernel's number of the architecture, and the calls that are left."""


class _Program(ctypes.Structure):
    """`struct sock_fprog`: how many instructions, and where."""

    _fields_ = (("count", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def restrict(libc: ctypes.CDLL) -> bool:
    """Refuse every other call from now on; say whether the kernel took the filter."""
    known = LEFT.get(platform.machine())
    if known is None:
        return False
    architecture, calls = known
    code = [_instruction(_LOAD, 4), _instruction(_JUMP_IF_EQUAL, architecture, 1, 0)]
    code += [_instruction(_RETURN, _KILL), _instruction(_LOAD, 0)]
    for at, call in enumerate(calls):
        code.append(_instruction(_JUMP_IF_EQUAL, call, len(calls) - at, 0))
    code += [_instruction(_RETURN, _REFUSE), _instruction(_RETURN, _ALLOW)]
    buffer = ctypes.create_string_buffer(b"".join(code))
    program = _Program(len(code), ctypes.cast(buffer, ctypes.c_void_p).value)
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
