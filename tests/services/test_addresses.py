"""The address guard: which sockets come to be (security.md S6, 4.4)."""

from __future__ import annotations

import socket
import urllib.parse

import aiohttp
import pytest

from notifier.core.errors import Misconfigured, Reason
from notifier.services import http
from notifier.services.addresses import Blocked, Guard, TeamGuard
from tests.receivers.webhooks import WebhookReceiver

DENIED = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.1.1",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "239.1.1.1",
    "255.255.255.255", "240.0.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "2002:7f00:1::1",
    "2002:a9fe:a9fe::", "::127.0.0.1", "not-an-address", "",
]  # fmt: skip
ALLOWED = [
    "10.0.0.1", "172.16.5.5", "192.168.1.1", "8.8.8.8", "100.64.0.1", "fd12:3456::1",
    "2606:4700::1111", "::ffff:10.0.0.1", "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize("address", DENIED)
def test_denied(address: str) -> None:
    """This machine, the link, metadata and multicast are denied in every wrapping."""
    with pytest.raises(Blocked):
        Guard().check(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_allowed(address: str) -> None:
    """Public and private addresses are normal receivers of the operator's configuration."""
    Guard().check(address)


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.0/8", "127.9.9.9"),
        ("localhost", "::1"),
        ("LOCALHOST.", "127.0.0.1"),
        ("169.254.169.254", "169.254.169.254"),
        ("127.0.0.1", "::ffff:127.0.0.1"),
    ],
)
def test_listed(entry: str, address: str) -> None:
    """What the operator lists may be reached, in every wrapping."""
    Guard([entry]).check(address)


def test_a_listed_name_allows_its_present_addresses() -> None:
    """A name allows what it resolves to now, not what it once did, and no other name's address."""
    guard = Guard(["receiver.test"])
    guard.resolved("receiver.test", ["127.0.0.5"])
    guard.resolved("other.test", ["127.0.0.6"])
    guard.check("127.0.0.5")
    with pytest.raises(Blocked):
        guard.check("127.0.0.6")
    guard.resolved("receiver.test", ["127.0.0.7"])
    with pytest.raises(Blocked):
        guard.check("127.0.0.5")


@pytest.mark.parametrize("entry", ["", "10.0.0.0/99", "300.1.1.1", "a/b"])
def test_an_entry_that_is_nothing_is_refused(entry: str) -> None:
    """A setting that cannot mean an address is an error, not an allowance of nothing."""
    with pytest.raises(ValueError, match="no address, range or host name"):
        Guard([entry])


def test_the_text_does_not_name_the_address() -> None:
    """Who may read the error learns nothing of the network."""
    with pytest.raises(Blocked) as caught:
        Guard().check("169.254.169.254")
    assert "169" not in str(caught.value)


FORMS = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://localhost:{port}/",
    "http://localhost.:{port}/",
    "http://0.0.0.0:{port}/",
    "http://user@127.0.0.1:{port}/",
    "http://[::1]:{port}/",
]


@pytest.mark.parametrize("form", FORMS)
async def test_no_connection_in_any_spelling(form: str) -> None:
    """However loopback is written, the listener there never sees a connection."""
    seen = 0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = form.format(port=listener.getsockname()[1])
        async with http.open_session(Guard(), timeout_s=2.0) as session:
            try:
                await session.post(url)
            except (aiohttp.ClientError, ValueError):
                seen = -1
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert seen == -1


async def test_a_blocked_address_is_a_configuration_error() -> None:
    """The delivery ends with the reason `blocked`, naming scheme and host as configured."""
    async with http.open_session(Guard(), timeout_s=2.0) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.post("http://127.0.0.1:9/")
    error = http.failure(caught.value, "http://receiver")
    assert type(error) is Misconfigured
    assert error.reason is Reason.BLOCKED
    assert error.detail == "http://receiver: the address is not allowed"


async def test_the_guard_connects_to_listed_addresses(guard: Guard) -> None:
    """The relay's connections use the same rule and reach what is listed."""
    async with WebhookReceiver() as receiver:
        with await guard.connect("localhost", receiver.port) as opened:
            assert opened.getpeername() == ("127.0.0.1", receiver.port)
        with pytest.raises(Blocked):
            await Guard().connect("127.0.0.1", receiver.port)


# --- teams ------------------------------------------------------------------------------------

NOT_FOR_TEAMS = [
    *DENIED, *(each for each in ALLOWED if each.startswith(("10.", "172.", "192.", "100.", "fd"))),
    "::ffff:10.0.0.1", "64:ff9b::808:808", "64:ff9b:1::808:808", "2002:808:808::", "192.88.99.1",
    "5f00::1", "2001:0:808:808::", "192.0.2.1", "198.18.0.1", "203.0.113.7", "fc00::1",
    "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_FOR_TEAMS)
def test_denied_to_teams(address: str) -> None:
    """Whatever is not plainly public, in every wrapping, is denied to services of teams."""
    with pytest.raises(Blocked):
        TeamGuard().check(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_for_teams(address: str) -> None:
    """The internet is theirs."""
    TeamGuard().check(address)


def test_the_operator_opens_and_closes_for_teams() -> None:
    """A listed range may be reached; a denied one may not, be it public or listed as well."""
    guard = TeamGuard(["10.1.0.0/16"], deny=["10.1.2.0/24", "8.8.8.0/24", "api.cluster.example"])
    guard.check("10.1.1.1")
    for address in ("10.1.2.3", "8.8.8.8", "::ffff:8.8.8.8", "10.2.0.1"):
        with pytest.raises(Blocked):
            guard.check(address)


def test_a_denied_name_closes_its_present_addresses() -> None:
    """The API server is out of reach by whatever name stands for it."""
    guard = TeamGuard(deny=["API.cluster.example."])
    guard.check("1.2.3.4")
    guard.resolved("api.cluster.example", ["1.2.3.4"])
    with pytest.raises(Blocked):
        guard.check("1.2.3.4")


URLS = [
    "https://127.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
    "https://127.1/", "https://0/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/", "https://localhost/", "https://localhost./",
    "https://LOCALHOST/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
    "https://169.254.169.254/latest/meta-data/", "https://2852039166/",
    "https://[fd00:ec2::254]/", "https://10.0.0.1/", "https://192.168.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
async def test_no_spelling_of_an_inner_address_is_reached(url: str) -> None:
    """The socket is looked at, so no form of a URL gets past; the error names no address."""
    async with http.open_session(TeamGuard(), timeout_s=5) as session:
        with pytest.raises((aiohttp.ClientError, OSError)) as caught:
            await session.get(url)
    failed = http.failure(caught.value, "https://h")
    assert isinstance(failed, Misconfigured) or "resolved" in failed.detail
    assert failed.detail in {
        "https://h: the address is not allowed",
        "https://h: the name cannot be resolved",
        "https://h: the URL cannot be used",
    }


@pytest.mark.parametrize("url", URLS)
async def test_no_spelling_gets_past_the_kept_connections_of_webhooks(url: str) -> None:
    """They resolve and connect by themselves, through the same guard."""
    host = urllib.parse.urlsplit(url).hostname or ""
    with pytest.raises((Blocked, socket.gaierror)):
        await TeamGuard().connect(host, 443)
