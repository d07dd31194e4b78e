"""Credentials as they rotate, answers as they should not be, and what errors may say."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifier.core.errors import ClusterError, Forbidden, NotFound
from notifier.core.settings import ClusterSettings
from notifier.kube import faults
from notifier.kube.client import Client, Deadlines, _socket
from notifier.kube.credentials import Loader, loader
from tests.emulator import Answer, Emulator, Freeze, Reset, refusal
from tests.emulator.filling import rollout
from tests.kube.laboratory import FakeClock

PATH = "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/a"


@asynccontextmanager
async def client(load: Loader, clock: FakeClock, **deadlines: float) -> AsyncIterator[Client]:
    """Give a client and close it."""
    made = Client(load, clock=clock, deadlines=Deadlines(**deadlines))
    try:
        yield made
    finally:
        await made.close()


def in_cluster(
    directory: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, ca: bytes = b"none"
) -> Loader:
    """Lay out a service account as the kubelet does, and return its loader."""
    directory.joinpath("token").write_text(emulator.token + "\n")
    directory.joinpath("ca.crt").write_bytes(ca)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(emulator.port))
    return loader(ClusterSettings(), service_account=directory)


def certificates(directory: Path, name: str) -> tuple[ssl.SSLContext, bytes]:
    """Make a throw-away authority and a server certificate for loopback."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start.replace(year=2099))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = directory / f"{name}.pem"
    file.write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, pem


async def test_w21_a_token_file_may_rotate_empty_vanish_and_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over TLS in a pod: at most one request fails per change, and no caller notices."""
    context, pem = certificates(tmp_path, "server")
    async with Emulator(token="first-token", tls=context) as emulator:
        emulator.apply(rollout("a"))
        load = in_cluster(tmp_path, emulator, monkeypatch, pem)
        clock = FakeClock()
        async with client(load, clock) as made:
            assert await made.get(PATH)
            token = tmp_path / "token"

            emulator.token = "second-token"
            token.write_text("second-token\n")
            assert await made.get(PATH)  # 401, read again, 200
            assert [entry.status for entry in emulator.requests] == [200, 401, 200]

            for damage in (lambda: token.write_text(""), token.unlink):
                damage()
                clock.time += 61
                assert await made.get(PATH)  # the old one is kept

            token.write_text("third-token")
            emulator.token = "third-token"
            clock.time += 61
            assert await made.get(PATH)  # read before it was refused
            assert [entry.status for entry in emulator.requests].count(401) == 1


async def test_w21_a_token_that_stays_wrong_is_one_error_without_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two requests, then `ClusterError` 401; the token is in no text."""
    context, pem = certificates(tmp_path, "server")
    async with Emulator(token="canary-token", tls=context) as emulator:
        load = in_cluster(tmp_path, emulator, monkeypatch, pem)
        emulator.token = "other"
        async with client(load, FakeClock()) as made:
            with pytest.raises(ClusterError) as caught:
                await made.get(PATH)
        assert caught.value.status == 401
        assert len(emulator.requests) == 2
        assert "canary" not in str(caught.value)


async def test_w22_certificate_and_authority_may_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new CA file is taken within 5 minutes; an unreadable one leaves the old in use."""
    old, old_pem = certificates(tmp_path, "old")
    new, new_pem = certificates(tmp_path, "new")
    async with Emulator(tls=old, token="t") as emulator:
        emulator.apply(rollout("a"))
        clock = FakeClock()
        async with client(in_cluster(tmp_path, emulator, monkeypatch, old_pem), clock) as made:
            assert await made.get(PATH)
            authority = tmp_path / "ca.crt"
            authority.write_text("not a certificate")
            emulator.token = "another"
            (tmp_path / "token").write_text("another")
            clock.time += 301
            assert await made.get(PATH)
            assert {entry.status for entry in emulator.requests} == {200}

            await emulator.stop()
            emulator._tls = new
            await emulator.start()
            with pytest.raises(ClusterError, match="Certificate"):
                await made.get(PATH)
            authority.write_bytes(new_pem)
            clock.time += 301
            assert await made.get(PATH)


async def test_w22_an_authority_that_was_never_readable_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing to go on with: an error that says so, until the file is right."""
    context, pem = certificates(tmp_path, "server")
    async with Emulator(tls=context, token="t") as emulator:
        emulator.apply(rollout("a"))
        async with client(in_cluster(tmp_path, emulator, monkeypatch), FakeClock()) as made:
            with pytest.raises(ClusterError, match="TLS files of the API server"):
                await made.get(PATH)
            (tmp_path / "ca.crt").write_bytes(pem)
            assert await made.get(PATH)


@pytest.mark.parametrize(
    ("answer", "expected", "says"),
    [
        (refusal(403, "Forbidden"), Forbidden, "scripted 403"),
        (refusal(404, "NotFound"), NotFound, "scripted 404"),
        (Answer(404, b"404 page not found", "text/plain"), NotFound, "404 page not found"),
        (refusal(410, "Expired"), faults.Expired, "scripted 410"),
        (refusal(429), faults.Busy, "scripted 429"),
        (Answer(429, b"Too many requests", "text/plain"), faults.Busy, "Too many requests"),
        (refusal(500), ClusterError, "scripted 500"),
        (Answer(200, b"<html>Sign in</html>", "text/html"), ClusterError, "text/html"),
        (Answer(403, b"<html>No</html>", "text/html"), ClusterError, "is this the API server"),
        (Answer(404, b"<html>No</html>", "text/html"), ClusterError, "is this the API server"),
        (Answer(302, b"", "text/html", {"Location": "http://127.0.0.1:1/"}), ClusterError, "302"),
        (Answer(500, b"\xff\xfe{", "application/json"), ClusterError, "500"),
        (Answer(500, b"[1]", "application/json"), ClusterError, "500"),
        (Answer(500, b'{"message": "' + b"x" * 9000 + b'"}'), ClusterError, "xxx"),
        (Reset(), ClusterError, "Server disconnected"),
        (Freeze(), ClusterError, "no answer in time"),
        (Freeze(after_bytes=5), faults.Silent, "nothing received"),
    ],
    ids=str,
)
async def test_each_failure_is_one_clear_error(
    emulator: Emulator, answer: object, expected: type[ClusterError], says: str
) -> None:
    """Status, type and a short text; the token never shows."""
    emulator.apply(rollout("a"))
    emulator.token = "canary-token"
    load = loader(ClusterSettings(kubeconfig=str(emulator.kubeconfig)))
    deadlines = {"connect_s": 0.1, "header_s": 0.1, "read_s": 0.3}
    async with client(load, FakeClock(), **deadlines) as made:
        emulator.script("get", answer)  # type: ignore[arg-type]
        with pytest.raises(ClusterError) as caught:
            await made.get(PATH)
    assert type(caught.value) is expected
    assert says in str(caught.value)
    assert PATH in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "canary" not in str(caught.value)
    assert len(emulator.requests) == 1


async def test_a_server_that_repeats_the_token_does_not_reach_the_error(emulator: Emulator) -> None:
    """The token in a refusal's text is hidden."""
    emulator.token = "canary-token"
    body = json.dumps({"message": "token canary-token has expired"}).encode()
    emulator.script("get", Answer(401, body), times=2)
    load = loader(ClusterSettings(kubeconfig=str(emulator.kubeconfig)))
    async with client(load, FakeClock()) as made:
        emulator.token = ""
        with pytest.raises(ClusterError, match=r"token \*\*\* has expired"):
            await made.get(PATH)


async def test_proxies_of_the_environment_are_ignored(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY leads nowhere, and is not followed."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    emulator.apply(rollout("a"))
    load = loader(ClusterSettings(kubeconfig=str(emulator.kubeconfig)))
    async with client(load, FakeClock()) as made:
        assert await made.get(PATH)


async def test_credentials_that_cannot_be_read_are_an_error_once_asked_for() -> None:
    """Without any credentials a request is a `ClusterError`, and later ones try again."""
    load = loader(ClusterSettings(kubeconfig="/nonexistent/kubeconfig"))
    async with client(load, FakeClock()) as made:
        for _ in range(2):
            with pytest.raises(ClusterError, match="/nonexistent/kubeconfig: no such file"):
                await made.get(PATH)


def test_sockets_notice_a_dead_peer() -> None:
    """Keep-alive is on, and unacknowledged data gives up after a minute where the system can."""
    made = _socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 0)))
    with made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
