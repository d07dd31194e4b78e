"""The address guard: which sockets come to be (security.md S6, 4.4)."""

from __future__ import annotations

import socket

import aiohttp
import pytest

from notifier.core.errors import Misconfigured, Reason
from notifier.services import http
from notifier.services.addresses import Blocked, Guard
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
