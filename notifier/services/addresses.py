"""The address guard: which addresses a message may be sent to (spec/security.md 4.4).

It looks at the address of the socket that is about to connect, so every spelling of a host, every
answer of a name server and every literal is seen. Two sets of rules: in the operator's own
configuration private networks are normal receivers; this machine, the link and the metadata
services of clouds are not, unless listed. Teams reach public addresses only (`TeamGuard`).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from typing_extensions import override

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

DENIED: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # "this host": Linux connects it to loopback
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local; the metadata service of most clouds
        "100.100.100.200/32",  # metadata
        "168.63.129.16/32",  # metadata
        "192.0.0.192/32",  # metadata
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/127",  # unspecified and loopback
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        "fd00:ec2::/32",  # metadata
    )
)

NOT_PUBLIC: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10",  # shared by carriers, and pods of some clouds
        "192.88.99.0/24",  # relays of 6to4
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "5f00::/16",
    )
)
"""What counts as public for some libraries and is not for us."""

_NAT64: Final = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
)
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
_LOCALHOST: Final = ("127.0.0.0/8", "::1/128")


class Blocked(OSError):
    """The address may not be connected to; the text never says which address it was."""

    def __init__(self) -> None:
        super().__init__("the address is not allowed")


class Guard:
    """Says no before a socket exists.

    `allow` are addresses, ranges or host names that may be reached although denied by default
    (setting `delivery.allow_addresses`). Raises `ValueError` for an entry that is none of these.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        networks, hosts = _listed(allow)
        self._networks = networks
        self._hosts = hosts
        self._named: dict[str, frozenset[str]] = {}

    def resolved(self, host: str, addresses: Iterable[str]) -> None:
        """Take note of what a name stands for: an allowed name allows its present addresses."""
        name = host.rstrip(".").casefold()
        if name in self._hosts:
            self._named[name] = frozenset(addresses)

    def check(self, address: str) -> None:
        """Raise `Blocked` if the address may not be connected to."""
        plain = address.partition("%")[0]
        try:
            parsed = ipaddress.ip_address(plain)
        except ValueError:
            raise Blocked from None
        every = embedded(parsed)
        if self._allows(plain, every):
            return
        if any(each in network for each in every for network in DENIED):
            raise Blocked

    def _allows(self, plain: str, every: Iterable[Address]) -> bool:
        """Say whether the operator listed the address, or a name that stands for it."""
        listed = any(each in network for each in every for network in self._networks)
        return listed or any(plain in addresses for addresses in self._named.values())

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """Make the socket for one entry of `getaddrinfo`. Raises `Blocked`, `OSError`."""
        family, kind, protocol, _, address = info
        self.check(str(address[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    async def connect(self, host: str, port: int) -> socket.socket:
        """Return a connected socket to the first address that answers. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        self.resolved(host, [str(info[4][0]) for info in infos])
        refused: OSError | None = None
        for info in infos:
            try:
                return await self._connected(loop, info)
            except OSError as error:
                refused = refused or error
        raise refused or OSError("the name has no address")

    async def _connected(
        self, loop: asyncio.AbstractEventLoop, info: tuple[Any, ...]
    ) -> socket.socket:
        opened = self.open_socket(info)
        opened.setblocking(False)
        try:
            await loop.sock_connect(opened, info[4])
        except BaseException:  # also when cancelled: the socket is nobody's otherwise
            opened.close()
            raise
        return opened


class TeamGuard(Guard):
    """The rules for configurations of teams: public addresses only.

    `allow` opens what is not public; `deny` closes what is, and wins: ranges of pods and Services,
    the API server. Raises `ValueError` for an entry that is none of address, range, host name.
    """

    def __init__(self, allow: Iterable[str] = (), deny: Iterable[str] = ()) -> None:
        super().__init__(allow)
        self._denied, self._denied_hosts = _listed(deny)
        self._denied_named: dict[str, frozenset[str]] = {}

    @override
    def resolved(self, host: str, addresses: Iterable[str]) -> None:
        found = tuple(addresses)
        super().resolved(host, found)
        name = host.rstrip(".").casefold()
        if name in self._denied_hosts:
            self._denied_named[name] = frozenset(found)

    @override
    def check(self, address: str) -> None:
        plain = address.partition("%")[0]
        try:
            every = embedded(ipaddress.ip_address(plain))
        except ValueError:
            raise Blocked from None
        if any(each in network for each in every for network in self._denied):
            raise Blocked
        if any(plain in addresses for addresses in self._denied_named.values()):
            raise Blocked
        if self._allows(plain, every):
            return
        if not all(_is_public(each) for each in every):
            raise Blocked


def _listed(entries: Iterable[str]) -> tuple[tuple[Network, ...], frozenset[str]]:
    """Take a list of the operator's apart: ranges, and names of hosts. Raises `ValueError`."""
    networks: list[Network] = []
    hosts: set[str] = set()
    for entry in entries:
        name = entry.strip().rstrip(".").casefold()
        if name == "localhost":
            networks += [ipaddress.ip_network(text) for text in _LOCALHOST]
            continue
        try:
            networks.append(ipaddress.ip_network(name, strict=False))
        except ValueError:
            if not name or "/" in name or name.replace(".", "").isdecimal():
                raise ValueError(f"{entry!r} is no address, range or host name") from None
            hosts.add(name)
    return tuple(networks), frozenset(hosts)


def _is_public(address: Address) -> bool:
    special = any(address in network for network in (*DENIED, *NOT_PUBLIC))
    return address.is_global and not address.is_multicast and not special


def embedded(address: Address) -> tuple[Address, ...]:
    """Return the address and the IPv4 address it carries, if it is one of the wrappings."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo is not None:
        inner = address.teredo[1]
    if inner is None and any(address in network for network in (*_NAT64, _COMPATIBLE)):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return (address,) if inner is None else (address, inner)
