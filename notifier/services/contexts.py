"""TLS contexts, one per distinct trust: building one costs 19 ms, so it is done once, in a thread.

A changed certificate is another trust, and so another context: reloading needs no more.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from notifier.services.transport import Trust

REMEMBERED: Final = 64

_made: Final[dict[Trust, ssl.SSLContext]] = {}


class Unusable(OSError):
    """What the configuration gives as certificates cannot be used."""

    def __init__(self, option: str) -> None:
        super().__init__(f"{option} cannot be used")
        self.option = option


async def context(trust: Trust) -> ssl.SSLContext:
    """Return the context of a trust. Raises `Unusable`."""
    found = _made.get(trust)
    if found is None:
        made = await asyncio.to_thread(make, trust)
        if len(_made) >= REMEMBERED:
            _made.clear()
        found = _made.setdefault(trust, made)
    return found


def make(trust: Trust) -> ssl.SSLContext:
    """Build a context: the system's certificates and those of `tls.caRef` are trusted, that of
    `tls.certRef` is shown. Blocks. Raises `Unusable`."""
    made = ssl.create_default_context()
    if trust.ca:
        try:
            made.load_verify_locations(cadata=trust.ca.reveal())
        except ssl.SSLError:
            raise Unusable("tls.caRef") from None
    if trust.certificate:
        try:
            with _as_file(trust.certificate.reveal()) as path:
                made.load_cert_chain(path, password="")  # else a locked key asks the terminal
        except (ssl.SSLError, OSError):
            raise Unusable("tls.certRef") from None
    if not trust.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


@contextmanager
def _as_file(text: str) -> Iterator[str]:
    """Lend a path to a text: the library reads keys from files only. Where the system can, the file
    is in memory alone."""
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("certificate", os.MFD_CLOEXEC)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            yield f"/proc/self/fd/{number}"
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        yield file.name
