"""Reaching a receiver through the proxy that its service names (security.md 4.4): the proxy
resolves names and decides, the guard still checks literals."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import urllib.parse
from dataclasses import dataclass
from typing import Final

from notifier.core.secrets import Secret
from notifier.services.addresses import Guard

HEAD_LIMIT: Final = 8 * 1024

_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})")


class Refused(OSError):
    """The proxy did not open the way; `status` is its answer, 0 if it was none."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the proxy answered {status}" if status else "the proxy hung up")
        self.status = status


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where a proxy listens, and the header that logs in there ("" for none)."""

    host: str
    port: int
    login: Secret


def read(url: Secret) -> Proxy:
    """Take the checked URL of a proxy apart."""
    parts = urllib.parse.urlsplit(url.reveal())
    login = ""
    if parts.username is not None:
        user, password = (
            urllib.parse.unquote(each or "") for each in (parts.username, parts.password)
        )
        both = base64.b64encode(f"{user}:{password}".encode()).decode()
        login = f"Proxy-Authorization: Basic {both}"
    return Proxy(parts.hostname or "", parts.port or 80, Secret(login))


def check(guard: Guard, host: str) -> None:
    """Raise `Blocked` for a host that is an address in any spelling, or this machine, and not
    allowed; what a name stands for is the proxy's affair."""
    name = host.rstrip(".").casefold()
    if name == "localhost" or name.endswith(".localhost"):
        name = "127.0.0.1"
    try:
        name = socket.inet_ntoa(socket.inet_aton(name))  # decimal, hex, short forms too
    except (OSError, UnicodeError):
        if ":" not in name:
            return
    guard.check(name)


async def tunnel(opened: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """Ask the proxy at the other end for a way to the receiver. Raises `Refused`, `OSError`."""
    loop = asyncio.get_running_loop()
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if proxy.login:
        lines.append(proxy.login.reveal())
    await loop.sock_sendall(opened, "\r\n".join((*lines, "", "")).encode("latin-1"))
    head = b""
    while b"\r\n\r\n" not in head and len(head) < HEAD_LIMIT:
        chunk = await loop.sock_recv(opened, 1024)
        if not chunk:
            break
        head += chunk
    match = _STATUS.match(head)
    status = int(match[1]) if match and b"\r\n\r\n" in head else 0
    if not 200 <= status <= 299:
        raise Refused(status)
