"""Addresses of host names, for the one template function that asks (`getHostByName`).

Rendering is synchronous, so a look-up holds up everything: that is why the function is off unless
allowed, and why nobody waits longer than `PATIENCE_S`.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Sequence
from typing import Final

PATIENCE_S: Final = 2.0
"""Seconds that a look-up may block; the resolver of the system itself may take far longer."""


def addresses(name: str) -> Sequence[str]:
    """Return the addresses of a host in the order of the resolver, none if it has none in time."""
    answers: queue.SimpleQueue[Sequence[str]] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        answers.put(list(dict.fromkeys(str(address[0]) for *_, address in found)))

    threading.Thread(target=look_up, name="resolving", daemon=True).start()
    try:
        return answers.get(timeout=PATIENCE_S)
    except queue.Empty:
        return ()
