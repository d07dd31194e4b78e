"""URLs taken apart and put together as Go's `net/url` does (RFC 3986, with its leniencies).

Each part of a URL allows characters of its own; everything else is escaped byte by byte.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Final

from notifier.languages.golang import bytetexts, quoting
from notifier.languages.golang.values import GoError

_UNRESERVED: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
_PATH: Final = frozenset((_UNRESERVED + "$&+,/:;=@").encode())
_USER: Final = frozenset((_UNRESERVED + "$&+,;=").encode())
_HOST: Final = frozenset((_UNRESERVED + "!$&'()*+,;=:[]<>\"").encode())
_FRAGMENT: Final = frozenset((_UNRESERVED + "$&+,/:;=?@!()*").encode())
_ZONE: Final = _HOST | frozenset(b" %")
_PERCENT: Final = ord("%")

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORT: Final = re.compile(r"(?::[0-9]*)?")
_USERINFO: Final = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_ESCAPE: Final = re.compile(rb"%(.{0,2})", re.DOTALL)
_TWO_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A URL in parts, unescaped but for `query` and `opaque`. `user` is the name and, if there is
    one, the password."""

    scheme: str = ""
    opaque: str = ""
    user: tuple[str, ...] = ()
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""

    @property
    def hostname(self) -> str:
        """The host without its port, and without the brackets of an IPv6 address."""
        head, colon, tail = self.host.rpartition(":")
        name = head if colon and _PORT.fullmatch(colon + tail) else self.host
        return name[1:-1] if name.startswith("[") and name.endswith("]") else name

    @property
    def userinfo(self) -> str:
        """User name and password as they are written."""
        return ":".join(_escape(part, _USER) for part in self.user)

    def text(self) -> str:
        """Return the URL."""
        scheme = f"{self.scheme}:" if self.scheme else ""
        query = f"?{self.query}" if self.query else ""
        fragment = f"#{_escape(self.fragment, _FRAGMENT)}" if self.fragment else ""
        return f"{scheme}{self.opaque or self._place(bool(scheme))}{query}{fragment}"

    def _place(self, absolute: bool) -> str:
        """Return host and path; the path must not read as a host or scheme."""
        user = f"{self.userinfo}@" if self.user else ""
        named = bool(self.host or self.user)
        begin = "//" if named or (absolute and self.path) else ""
        path = self.path if self.path == "*" else _escape(self.path, _PATH)
        if self.host and path and path[0] != "/":
            path = f"/{path}"
        if not absolute and not begin and ":" in path.partition("/")[0]:
            path = f"./{path}"
        return f"{begin}{user}{_escape(self.host, _HOST)}{path}"


def parse(text: str) -> Address:
    """Take a URL apart. Raises `GoError`."""
    bare, _, fragment = text.partition("#")
    try:
        if _CONTROL.search(bare):
            raise GoError("net/url: invalid control character in URL")
        address = Address(path="*") if bare == "*" else _parse(bare)
        return replace(address, fragment=_unescape(fragment))
    except GoError as error:
        raise GoError(f"parse {quoting.quote(text)}: {error}") from error


def _parse(bare: str) -> Address:
    if bare.startswith(":"):
        raise GoError("missing protocol scheme")
    found = _SCHEME.match(bare)
    scheme = found[1].lower() if found else ""
    rest, _, query = bare[found.end() if found else 0 :].partition("?")
    if not rest.startswith("/"):
        if scheme:
            return Address(scheme=scheme, opaque=rest, query=query)
        if ":" in rest.partition("/")[0]:
            raise GoError("first path segment in URL cannot contain colon")
    user: tuple[str, ...] = ()
    host = ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, rest = rest[2:].partition("/")
        rest = slash + rest
        info, at, named = authority.rpartition("@")
        host = _parse_host(scheme, named)
        user = _parse_user(info) if at else ()
    return Address(scheme=scheme, user=user, host=host, path=_unescape(rest), query=query)


def _parse_user(info: str) -> tuple[str, ...]:
    if _USERINFO.fullmatch(info) is None:
        raise GoError("net/url: invalid userinfo")
    return tuple(_unescape(part) for part in info.split(":", 1))


def _parse_host(scheme: str, host: str) -> str:
    if host.startswith("[") and host.rfind("[") == 0:
        return _parse_literal(host)
    if "[" in host:
        raise GoError("invalid IP-literal")
    if ":" in host:
        strict = scheme in ("http", "https")
        colon = host.find(":") if strict else host.rfind(":")
        _check_port(host[colon:])
    return _unescape_host(host)


def _parse_literal(host: str) -> str:
    """Take an IPv6 address in brackets, possibly with a zone and a port."""
    end = host.rfind("]")
    if end < 0:
        raise GoError("missing ']' in host")
    _check_port(host[end + 1 :])
    name, percent, zone = host[1:end].partition("%25")
    name = _unescape_host(name)
    zone = _unescape_host(zone, _ZONE)
    literal, inner, _ = name.partition("%")
    try:
        ipaddress.IPv6Address(literal)
    except ValueError as error:
        raise GoError("invalid host: no IPv6 address") from error
    if (percent and not zone) or (inner and name.endswith("%") and not percent):
        raise GoError("invalid host: zone must be a non-empty string")
    return f"[{name}{'%' if percent else ''}{zone}]{host[end + 1 :]}"


def _check_port(port: str) -> None:
    if _PORT.fullmatch(port) is None:
        raise GoError(f"invalid port {quoting.quote(port)} after host")


def _unescape_host(host: str, escaped: frozenset[int] = frozenset(b"%")) -> str:
    """Return a host without its escapes: of ASCII only the bytes `escaped` may be."""
    for byte in bytetexts.encode(host):
        if byte < 0x80 and byte not in _HOST and byte != _PERCENT:
            raise GoError(f"invalid character {quoting.quote(chr(byte))} in host name")
    return _unescape(host, escaped)


def _escape(text: str, kept: frozenset[int]) -> str:
    """Return a text with all bytes escaped but those kept."""
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in bytetexts.encode(text))


def _unescape(text: str, escaped: frozenset[int] | None = None) -> str:
    """Return a text without its escapes; of ASCII only the bytes `escaped` may be, if named.

    Raises `GoError`.
    """

    def single(found: re.Match[bytes]) -> bytes:
        byte = int(found[1], 16) if _TWO_DIGITS.fullmatch(found[1]) else -1
        if byte < 0 or (escaped is not None and byte < 0x80 and byte not in escaped):
            raise GoError(f"invalid URL escape {quoting.quote(bytetexts.decode(found[0]))}")
        return bytes((byte,))

    return bytetexts.decode(_ESCAPE.sub(single, bytetexts.encode(text))) if "%" in text else text
