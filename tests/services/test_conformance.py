"""One suite over every HTTP service: statuses, secrets, deadlines, hostile answers, equal bytes."""

from __future__ import annotations

import asyncio
import base64
import resource
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.core.errors import DeliveryError, NotifierError, Reason
from notifier.core.service import Outgoing
from notifier.ports import Service
from notifier.services import TYPES, answers
from notifier.services.unavailable import TYPES as UNAVAILABLE
from tests.receivers.behaviour import Behaviour, Script
from tests.receivers.webhooks import WebhookReceiver
from tests.services import samples

Acting = Mapping[str, Service]

CANARY = "canary5d1f"


@dataclass(frozen=True)
class Case:
    """How to point a service at a receiver, with a secret in every field that takes one."""

    options: Callable[[str], dict[str, Any]]
    success: bytes = b"ok"


HTTP = {
    "webhook": Case(
        lambda url: {
            "url": f"{url}/{CANARY}?token={CANARY}",
            "headers": [{"name": "X-Api-Key", "value": CANARY}],
            "basicAuth": {"username": CANARY, "password": CANARY},
            "signing": {"secretRef": CANARY},
        }
    ),
    "slack": Case(
        lambda url: {"apiURL": f"{url}/{CANARY}", "token": CANARY, "signingSecret": CANARY},
        b'{"ok":true,"channel":"C0000000001","ts":"1.2"}',
    ),
}
JSON = {"Content-Type": "application/json"}

kinds = pytest.mark.parametrize("kind", HTTP)


def prepared(kind: str, url: str, **more: Any) -> tuple[Outgoing, Any]:
    """Return an attempt and its options."""
    options, _ = TYPES[kind].options({**HTTP[kind].options(url), **more})
    [composed] = samples.compose(TYPES[kind], options, f"body {CANARY}")
    return samples.outgoing(TYPES[kind], composed), options


async def attempt(acting: Acting, kind: str, url: str, **more: Any) -> DeliveryError | None:
    """Send once; return the error, None if it was delivered."""
    attempted, options = prepared(kind, url, **more)
    try:
        await acting[kind].send(attempted, options)
    except DeliveryError as error:
        return error
    return None


def assert_silent(error: DeliveryError) -> None:
    """No form of the secret is in an error, nor what the receiver said."""
    shown = f"{error!r} {error} {error.detail}"
    forms = (CANARY, base64.b64encode(CANARY.encode()).decode(), urllib.parse.quote(CANARY))
    assert not any(form in shown for form in forms)
    assert "foreign words" not in shown
    assert len(error.detail) <= 256


STATUSES = [200, 201, 204, *range(300, 309), *range(400, 432), 451, *range(500, 512), 599]


@kinds
async def test_each_status_is_classified(acting: Acting, kind: str) -> None:
    """Every status means what the one table says, for every service."""
    async with WebhookReceiver() as receiver:
        for status in STATUSES:
            good = status == 200 or (kind == "webhook" and status < 300)
            body = HTTP[kind].success if good else b"foreign words " + CANARY.encode()
            receiver.script.then(Behaviour(status=status, body=body, headers=JSON if good else {}))
            error = await attempt(acting, kind, receiver.url)
            if good:
                assert error is None, status
                continue
            assert error is not None, status
            assert_silent(error)
            if status >= 300:
                rule = answers.rule(status)
                assert rule is not None
                assert (type(error), error.reason) == (rule.error, rule.reason), status


@kinds
@pytest.mark.parametrize("act", ["reset", "hang", "flood", "drip", "bomb", "headers", "garbage"])
async def test_hostile_answers_are_bounded(acting: Acting, kind: str, act: str) -> None:
    """A body without end, a byte a second, a bomb: bounded time and memory, a typed outcome."""
    step = Behaviour(act=act, headers=JSON)  # type: ignore[arg-type]
    async with WebhookReceiver(script=Script(step)) as receiver:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.monotonic()
        error = await attempt(acting, kind, receiver.url, timeout="2s")
        took = time.monotonic() - started
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert took < 3.5
    assert grown_kb < 80_000
    if kind == "webhook" and act in ("flood", "drip", "bomb"):
        assert error is None, "the status was 200: the body has no say"
    else:
        assert error is not None
        assert error.ambiguous
        assert_silent(error)


@kinds
@pytest.mark.parametrize("status", [404, 500])
async def test_a_hostile_body_does_not_hide_the_status(
    acting: Acting, kind: str, status: int
) -> None:
    """Webhooks are judged by the status whatever follows; no service hangs on the body."""
    step = Behaviour(status=status, act="drip", headers={"Content-Type": "text/html"})
    async with WebhookReceiver(script=Script(step)) as receiver:
        async with asyncio.timeout(3):
            error = await attempt(acting, kind, receiver.url, timeout="2s")
    assert error is not None
    assert error.status == status


@kinds
async def test_the_deadline_is_kept(acting: Acting, kind: str) -> None:
    """A receiver that stalls costs the timeout, not more."""
    async with WebhookReceiver(script=Script(Behaviour(act="stall"))) as receiver:
        started = time.monotonic()
        error = await attempt(acting, kind, receiver.url, timeout="300ms")
    assert time.monotonic() - started < 1.5
    assert error is not None
    assert error.ambiguous
    assert_silent(error)


@kinds
async def test_cancellation_leaves_nothing_running(acting: Acting, kind: str) -> None:
    """A cancelled attempt ends at once, its connection is closed, no task stays."""
    async with WebhookReceiver(script=Script(Behaviour(act="stall"))) as receiver:
        before = asyncio.all_tasks()
        attempted, options = prepared(kind, receiver.url)
        task = asyncio.create_task(acting[kind].send(attempted, options))
        await receiver.arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await receiver.stop()
        left = [repr(each) for each in asyncio.all_tasks() - before if not each.done()]
    assert not [each for each in left if "web_protocol.py" not in each], "but the receiver's own"


@kinds
async def test_the_same_bytes_twice(acting: Acting, kind: str) -> None:
    """Two attempts of one delivery are byte for byte the same request."""
    success = Behaviour(body=HTTP[kind].success, headers=JSON)
    async with WebhookReceiver(script=Script(success)) as receiver:
        attempted, options = prepared(kind, receiver.url)
        for _ in range(2):
            await acting[kind].send(attempted, options)
        first, second = receiver.requests
    assert first == second
    assert samples.DELIVERY_ID.encode() in first["body"] + repr(first["headers"]).encode()


@kinds
async def test_redirects_are_not_followed(acting: Acting, kind: str) -> None:
    """Whatever a receiver points to is never asked; its host is named, not its path."""
    async with WebhookReceiver() as elsewhere, WebhookReceiver() as receiver:
        for status in (301, 302, 303, 307, 308):
            headers = {"Location": f"{elsewhere.url}/{CANARY}"}
            receiver.script.then(Behaviour(status=status, headers=headers))
            error = await attempt(acting, kind, receiver.url)
            assert error is not None
            assert error.reason is Reason.REDIRECT
            assert elsewhere.url in error.detail
            assert_silent(error)
        assert not elsewhere.requests


@pytest.mark.parametrize("kind", [*HTTP, "email"])
def test_what_is_stored_holds_no_credential(kind: str) -> None:
    """A dump of the outbox gives away no secret of the options."""
    raw = {
        "host": "h", "port": 587, "from": "a@b.example", "username": CANARY, "password": CANARY,
    } if kind == "email" else HTTP[kind].options("http://h")  # fmt: skip
    options, _ = TYPES[kind].options(raw)
    for block in (None, {}):
        for row in samples.compose(TYPES[kind], options, "hello", block, "a@x.example"):
            assert CANARY.encode() not in row.payload
            assert base64.b64encode(CANARY.encode())[:8] not in row.payload


@kinds
async def test_connections_are_reused(acting: Acting, kind: str) -> None:
    """Ten messages one after the other use one connection."""
    success = Behaviour(body=HTTP[kind].success, headers=JSON)
    async with WebhookReceiver(script=Script(success)) as receiver:
        for _ in range(10):
            assert await attempt(acting, kind, receiver.url) is None
        assert receiver.peers == 1


RAW: dict[str, dict[str, Any]] = {
    "webhook": {"url": "http://h/"},
    "slack": {"token": "t"},
    "email": {"host": "h", "port": 25, "from": "a@b.example"},
    "email-html": {"host": "h", "port": 25, "from": "a@b.example", "html": True},
    "console": {},
    **{name: {} for name in UNAVAILABLE},
}

_texts = st.text(max_size=60) | st.sampled_from(
    ["\r\nBcc: x@y", "\ud800", "\x00", "<!channel>", "a@b,c@d", "[", '[{"a":1}]', "</p><script>"]
)
_leaves = st.recursive(
    _texts | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", RAW)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_no_text_breaks_composing(name: str, data: st.DataObject) -> None:
    """Whatever is rendered, composing gives bytes or a typed error, and the same ones again."""
    kind = TYPES[name.removesuffix("-html")]
    options, _ = kind.options(RAW[name])
    block = data.draw(
        st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                field.name: st.dictionaries(_texts, _texts, max_size=3)
                if field.form == "map"
                else _leaves
                if field.form in ("structure", "literal")
                else _texts
                for field in kind.block.fields
            },
        )
    )
    text, recipient = data.draw(_texts), data.draw(_texts)
    try:
        first = samples.compose(kind, options, text, block, recipient)
    except NotifierError:
        return
    assert samples.compose(kind, options, text, block, recipient) == first
    for composed in first:
        shorter = kind.shorten(composed.payload)
        assert shorter is None or kind.shorten(shorter) is None
