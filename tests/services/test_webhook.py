"""Webhook: the request that arrives is the one the configuration describes (services.md 3)."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from notifier.core import retry
from notifier.core.errors import (
    DeliveryError,
    EvaluationError,
    Misconfigured,
    Permanent,
    Reason,
    Retryable,
)
from notifier.core.model import State
from notifier.ports import Service
from notifier.services import webhook
from notifier.services.webhook import TYPE
from tests.receivers import certificates
from tests.receivers.behaviour import Behaviour, Script
from tests.receivers.webhooks import WebhookReceiver
from tests.services import samples

Acting = Mapping[str, Service]


async def sent(
    acting: Acting,
    receiver: WebhookReceiver,
    raw: dict[str, Any] | None = None,
    block: dict[str, Any] | None = None,
    text: str = "hello",
    **more: Any,
) -> dict[str, Any]:
    """Send one message and return the request that arrived."""
    options, _ = TYPE.options({"url": receiver.url, **(raw or {})})
    [composed] = samples.compose(TYPE, options, text, block)
    await acting["webhook"].send(samples.outgoing(TYPE, composed, **more), options)
    return receiver.requests[-1]


def headers(request: dict[str, Any], name: str) -> list[str]:
    """Return the values of a header as they arrived."""
    return [value for given, value in request["headers"] if given.casefold() == name.casefold()]


async def test_without_a_block_the_message_is_posted(acting: Acting) -> None:
    """No block: POST, body = message, our id, no content type, nothing to decompress."""
    async with WebhookReceiver() as receiver:
        request = await sent(acting, receiver)
    assert (request["method"], request["path"], request["body"]) == ("POST", "/", b"hello")
    assert headers(request, "webhook-id") == [samples.DELIVERY_ID]
    assert headers(request, "content-type") == []
    assert headers(request, "accept-encoding") == ["identity"]
    assert headers(request, "user-agent")[0].startswith("notifier/")


@pytest.mark.parametrize(
    ("block", "method", "body"),
    [
        ({"body": "x"}, "POST", b"x"),
        ({}, "GET", b""),
        ({"body": ""}, "GET", b""),
        ({"body": "", "method": "POST"}, "POST", b""),
        ({"body": "x", "method": "put"}, "PUT", b"x"),
        ({"body": "x", "method": "GET"}, "GET", b"x"),
    ],
)
async def test_method_and_body(
    acting: Acting, block: dict[str, Any], method: str, body: bytes
) -> None:
    """The method as given; else POST with a body, GET without; an empty body is not the message."""
    async with WebhookReceiver() as receiver:
        request = await sent(acting, receiver, block=block)
    assert (request["method"], request["body"]) == (method, body)


@pytest.mark.parametrize(
    ("base", "path", "query", "arrives"),
    [
        ("", "", "", "/"),
        ("/", "", "", "/"),
        ("/a", "b", "", "/a/b"),
        ("/a/", "/b/", "", "/a/b/"),
        ("/a?k=1", "b", "", "/a/b?k=1"),
        ("/a?k=1", "/b?l=2", "m=3", "/a/b?k=1&l=2&m=3"),
        ("/a?sig=a%2Bb%20c+d", "", "", "/a?sig=a%2Bb%20c+d"),
        ("", "x y/é", "", "/x%20y/%C3%A9"),
        ("", "100%", "", "/100%25"),
        ("", "a\r\nX: y", "", "/a%0D%0AX:%20y"),
        ("", "a#b", "", "/a%23b"),
        ("", "repos/%2f/x", "", "/repos/%2f/x"),
    ],
)
async def test_the_path_is_joined_before_the_query(
    acting: Acting, base: str, path: str, query: str, arrives: str
) -> None:
    """One slash, before the query; what was written is not re-encoded, data cannot break out."""
    pairs = dict([query.split("=")]) if query else {}
    async with WebhookReceiver() as receiver:
        raw = {"url": receiver.url + base}
        block = {"path": path, "query": pairs, "body": "x"}
        request = await sent(acting, receiver, raw, block)
    assert request["path"] == arrives


async def test_headers_in_order_the_same_name_replaces(acting: Acting) -> None:
    """Service headers, then the template's; basic authentication replaces `Authorization`."""
    raw = {
        "headers": [
            {"name": "X-A", "value": "1"},
            {"name": "x-a", "value": "2"},
            {"name": "Authorization", "value": "Bearer t"},
            {"name": "X-N", "value": 12345},
        ],
        "basicAuth": {"username": "u", "password": "p"},
    }
    async with WebhookReceiver() as receiver:
        request = await sent(acting, receiver, raw, {"body": "x", "headers": {"X-B": "3"}})
    assert headers(request, "x-a") == ["2"]
    assert headers(request, "x-b") == ["3"]
    assert headers(request, "x-n") == ["12345"]
    expected = "Basic " + base64.b64encode(b"u:p").decode()
    assert headers(request, "authorization") == [expected]


async def test_userinfo_of_the_url_is_basic_authentication(acting: Acting) -> None:
    """It authenticates unless the headers do, and never appears in the address."""
    async with WebhookReceiver() as receiver:
        url = receiver.url.replace("//", "//us%40er:pw@")
        request = await sent(acting, receiver, {"url": url})
        both = {"url": url, "headers": [{"name": "Authorization", "value": "Bearer t"}]}
        other = await sent(acting, receiver, both)
    expected = "Basic " + base64.b64encode(b"us@er:pw").decode()
    assert headers(request, "authorization") == [expected]
    assert headers(other, "authorization") == ["Bearer t"]


async def test_a_structured_body_is_json(acting: Acting) -> None:
    """A YAML structure arrives as valid JSON with its content type, unless one is given."""
    body = {"text": 'say "hi"\n', "n": 1, "list": ["é", None, True]}
    async with WebhookReceiver() as receiver:
        request = await sent(acting, receiver, block={"body": body})
        raw = {"headers": [{"name": "content-type", "value": "application/vnd.x+json"}]}
        other = await sent(acting, receiver, raw, {"body": body})
    assert json.loads(request["body"]) == body
    assert headers(request, "content-type") == ["application/json"]
    assert headers(other, "content-type") == ["application/vnd.x+json"]


async def test_signature(acting: Acting) -> None:
    """Standard Webhooks: id.timestamp.body under each of two keys; the id is the delivery's."""
    secret = base64.b64encode(b"new-key").decode()
    raw = {"signing": {"secretRef": f"whsec_{secret}", "previousSecretRef": "old-key"}}
    async with WebhookReceiver() as receiver:
        request = await sent(acting, receiver, raw)
    stamp = headers(request, "webhook-timestamp")[0]
    assert stamp == str(int(samples.NOW))
    content = f"{samples.DELIVERY_ID}.{stamp}.".encode() + request["body"]
    expected = [
        "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
        for key in (b"new-key", b"old-key")
    ]
    assert headers(request, "webhook-signature")[0].split() == expected


async def test_a_late_message_says_so_where_the_body_is_ours(acting: Acting) -> None:
    """The mark is added to the plain message; a body that the template gives is left alone."""
    async with WebhookReceiver() as receiver:
        plain = await sent(acting, receiver, late_s=840.0)
        given = await sent(acting, receiver, block={"body": "{}"}, late_s=840.0)
    assert plain["body"] == b"hello\n(delivered 14 min late: receiver was unavailable)"
    assert given["body"] == b"{}"


@pytest.mark.parametrize(
    "block",
    [
        {"method": "CONNECT"},
        {"method": "POST\r\nX: y"},
        {"headers": {"X-A": "a\r\nX-B: b"}},
        {"headers": {"Authorization": "Bearer x"}},
        {"headers": {"webhook-id": "forged"}},
        {"headers": {"X-A": "é"}},
        {"headers": {"X-A": "x" * 1025}},
    ],
    ids=lambda block: str(block)[:40],
)
def test_a_rendered_request_that_cannot_be_is_a_template_fault(block: dict[str, Any]) -> None:
    """It is found when the message is composed, and never shows the value."""
    options, _ = TYPE.options({"url": "http://h/"})
    with pytest.raises(EvaluationError) as caught:
        samples.compose(TYPE, options, block=block)
    assert "Bearer x" not in str(caught.value)


CONTROLS = [chr(code) for code in (*range(0x20), 0x7F, 0x80, 0x85, 0x2028)]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda each: f"{ord(each):#x}")
def test_control_bytes_in_headers_are_refused_at_load(control: str) -> None:
    """In names and values alike, and the message says which header."""
    for name, value in ((f"X-{control}A", "v"), ("X-A", f"v{control}w")):
        with pytest.raises(ValueError, match="header"):
            TYPE.options({"url": "http://h/", "headers": [{"name": name, "value": value}]})


OURS = (
    "Host Content-Length Transfer-Encoding Connection Cookie Webhook-Id Webhook-Signature TE "
    "Upgrade Keep-Alive Proxy-Authorization Trailer"
)


@pytest.mark.parametrize("name", OURS.split())
def test_headers_of_the_connection_are_refused_at_load(name: str) -> None:
    """What belongs to the connection or to us cannot be set."""
    with pytest.raises(ValueError, match=name):
        TYPE.options({"url": "http://h/", "headers": [{"name": name, "value": "x"}]})


@pytest.mark.parametrize("name", ["X-A\r\nX-B", "Host", "Authorization"])
async def test_forbidden_headers_are_refused_at_send(acting: Acting, name: str) -> None:
    """Even if a stored message holds one, it does not reach the wire."""
    async with WebhookReceiver() as receiver:
        options, _ = TYPE.options({"url": receiver.url})
        [composed] = samples.compose(TYPE, options)
        payload = webhook.Payload(method="POST", body="x", headers={name: "v"})
        stored = dataclasses.replace(composed, payload=webhook._ENCODER.encode(payload))
        forged = samples.outgoing(TYPE, stored)
        with pytest.raises(Permanent):
            await acting["webhook"].send(forged, options)
        assert not receiver.requests


async def test_a_redirect_is_not_followed(acting: Acting) -> None:
    """A 3xx is a configuration error naming the target's host; nobody is asked there."""
    async with WebhookReceiver() as second, WebhookReceiver() as receiver:
        step = Behaviour(status=307, headers={"Location": f"{second.url}/token"})
        receiver.script.then(step)
        with pytest.raises(Misconfigured) as caught:
            await sent(acting, receiver)
        assert not second.requests
    assert caught.value.reason is Reason.REDIRECT
    assert caught.value.detail.endswith(f"{second.url}: use that address")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_an_attempt_is_one_request(acting: Acting, method: str) -> None:
    """A dropped connection is not retried by the client, whatever the method."""
    async with WebhookReceiver(script=Script(Behaviour())) as receiver:
        await sent(acting, receiver)  # leaves a connection in the pool
        receiver.script.then(Behaviour(act="reset"))
        with pytest.raises(Retryable) as caught:
            await sent(acting, receiver, block={"method": method, "body": "x"})
        assert len(receiver.requests) == 2
    assert caught.value.ambiguous


async def test_retry_after_reaches_the_error(acting: Acting) -> None:
    """What the receiver asked for is in the error, fractions too."""
    async with WebhookReceiver() as receiver:
        receiver.script.then(Behaviour(status=429, headers={"Retry-After": "1.5"}))
        with pytest.raises(Retryable) as caught:
            await sent(acting, receiver)
    assert (caught.value.reason, caught.value.after_s) == (Reason.RATE_LIMITED, 1.5)


@pytest.mark.parametrize(
    ("raw", "waits"),
    [
        ({}, retry.DEFAULT.waits_s[:3]),
        ({"retryWaitMin": "2s"}, (2.0, 4.0, 5.0)),
        ({"retryWaitMin": 1_000_000_000, "retryWaitMax": "3s"}, (1.0, 2.0, 3.0)),
        ({"retryMax": 1}, (1.0, 5.0, 30.0)),
        ({"retryMax": 0, "retryWaitMin": "10m", "retryWaitMax": "1s"}, (600.0, 600.0, 600.0)),
    ],
)
def test_the_first_waits_are_the_configured_ones(
    raw: dict[str, Any], waits: tuple[float, ...]
) -> None:
    """`retryMax` retries use them, then the usual schedule goes on; waits never shrink."""
    policy = TYPE.options({"url": "http://h/", **raw})[0].policy
    assert policy.waits_s[:3] == waits
    assert list(policy.waits_s) == sorted(policy.waits_s)
    assert policy.waits_s[-1] == 3600.0


@pytest.mark.parametrize("reason", [r for r in Reason if r not in retry.REDUCIBLE])
def test_a_negative_retry_max_means_one_attempt(reason: Reason) -> None:
    """Whatever the reason, the first failure is the end (a refused credential still parks)."""
    policy = TYPE.options({"url": "http://h/", "retryMax": -1})[0].policy
    decision = retry.decide(
        Retryable(reason), number=1, now=0.0, created_at=0.0, expires_at=1e6, jitter=0.5,
        policy=policy,
    )  # fmt: skip
    if reason is Reason.CREDENTIAL:
        assert decision.state is State.PARKED
    else:
        assert decision == retry.End(State.DEAD, decision.reason)  # type: ignore[union-attr]


async def test_the_timeout_of_the_service_holds(acting: Acting) -> None:
    """A receiver that stalls after reading costs the service's own timeout and is ambiguous."""
    async with WebhookReceiver(script=Script(Behaviour(act="stall"))) as receiver:
        with pytest.raises(DeliveryError) as caught:
            await sent(acting, receiver, {"timeout": "200ms"})
    assert (caught.value.reason, caught.value.ambiguous) == (Reason.TIMEOUT, True)


def redirect(status: int, to: str) -> Behaviour:
    """Return an answer that points elsewhere."""
    return Behaviour(status=status, headers={"Location": to})


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(301, "GET", b""), (302, "GET", b""), (303, "GET", b""), (307, "POST", b"hello"),
     (308, "POST", b"hello")],
)  # fmt: skip
async def test_redirects_that_are_wanted_are_followed(
    acting: Acting, status: int, method: str, body: bytes
) -> None:
    """301 to 303 turn POST into GET without a body; the path may be relative."""
    async with WebhookReceiver(script=Script(redirect(status, "/there?a=1"), Behaviour())) as peer:
        raw = {"followRedirects": 1, "headers": [{"name": "X-Key", "value": "k"}]}
        request = await sent(acting, peer, raw)
        assert len(peer.requests) == 2
    assert (request["method"], request["path"], request["body"]) == (method, "/there?a=1", body)
    assert headers(request, "X-Key") == ["k"]
    assert headers(request, "webhook-id") == [samples.DELIVERY_ID]


async def test_credentials_stay_with_their_host(acting: Acting) -> None:
    """Another origin hears nothing of what the service's options add."""
    async with WebhookReceiver() as other, WebhookReceiver() as peer:
        peer.script.then(redirect(307, f"http://user:pw@127.0.0.1:{other.port}/x#part"))
        raw = {
            "followRedirects": 3,
            "basicAuth": {"username": "u", "password": "p"},
            "headers": [{"name": "X-Key", "value": "k"}],
        }
        await sent(acting, peer, raw)
        [request] = other.requests
    assert (request["method"], request["path"], request["body"]) == ("POST", "/x", b"hello")
    assert headers(request, "X-Key") + headers(request, "Authorization") == []
    assert headers(request, "webhook-id") == [samples.DELIVERY_ID]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://169.254.169.254/latest", Reason.BLOCKED),
        ("ftp://127.0.0.1/", Reason.REDIRECT),
        ("http://[broken", Reason.REDIRECT),
        ("", Reason.REDIRECT),
        ("/again", Reason.REDIRECT),
    ],
)
async def test_no_hop_passes_the_guard_or_the_limit(
    acting: Acting, target: str, reason: Reason
) -> None:
    """Metadata services, other protocols, and rounds without end are not followed."""
    async with WebhookReceiver(script=Script(redirect(302, target))) as peer:
        with pytest.raises(Misconfigured) as caught:
            await sent(acting, peer, {"followRedirects": 2})
        assert caught.value.reason is reason
        assert len(peer.requests) == (3 if target == "/again" else 1)


async def test_no_redirect_gives_up_tls(acting: Acting, tmp_path: Path) -> None:
    """From https to http is no way."""
    made = certificates.make(tmp_path)
    async with WebhookReceiver() as plain, WebhookReceiver(tls=made.server) as peer:
        peer.script.then(redirect(307, plain.url))
        with pytest.raises(Misconfigured):
            await sent(acting, peer, {"followRedirects": 2, "insecureSkipVerify": True})
        assert not plain.requests


async def test_cloud_events_in_headers(acting: Acting) -> None:
    """Binary: the attributes are headers, the body stays as it is."""
    async with WebhookReceiver() as peer:
        request = await sent(acting, peer, {"cloudEvents": "binary"}, {"body": {"a": "b"}})
    found = {name: value for name, value in request["headers"] if name.startswith("ce-")}
    assert found == {
        "ce-specversion": "1.0",
        "ce-id": samples.DELIVERY_ID,
        "ce-source": "/clusters/prod/namespaces/shop/rollouts/checkout",
        "ce-type": "rollout-notifier.rollout-aborted.v1",
        "ce-subject": "shop/checkout",
        "ce-time": "2026-05-28T20:26:40.000Z",
        "ce-sequence": "7",
    }
    assert json.loads(request["body"]) == {"a": "b"}
    assert headers(request, "content-type") == ["application/json"]


@pytest.mark.parametrize(
    ("block", "kind", "data"),
    [
        (None, "text/plain", "hello"),
        ({"body": {"a": "b"}}, "application/json", {"a": "b"}),
        ({"body": ""}, "text/plain", ""),
        (
            {"body": "[1]", "headers": {"content-type": "application/json"}},
            "application/json",
            [1],
        ),
        ({"body": "[1", "headers": {"Content-Type": "application/json"}}, "text/plain", "[1"),
    ],
)
async def test_cloud_events_as_json(
    acting: Acting, block: dict[str, Any] | None, kind: str, data: object
) -> None:
    """Structured: one JSON document with the message as its data."""
    async with WebhookReceiver() as peer:
        request = await sent(acting, peer, {"cloudEvents": "structured"}, block)
    event = json.loads(request["body"])
    assert (event["datacontenttype"], event["data"]) == (kind, data)
    assert (event["id"], event["specversion"]) == (samples.DELIVERY_ID, "1.0")
    assert headers(request, "content-type") == ["application/cloudevents+json"]
    assert request["method"] == "POST"
