"""Slack: posts, threads, edits, and the table of answers (services.md 2 and 6.2, F19)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.errors import (
    DeliveryError,
    EvaluationError,
    Misconfigured,
    Permanent,
    Reason,
    Retryable,
)
from notifier.core.service import Delivered
from notifier.ports import Referencing, Service
from notifier.services import slack, slack_answers, slack_limits
from notifier.services.addresses import Guard
from notifier.services.slack import TYPE
from notifier.services.slack_calls import SlackService
from tests.receivers.slack_api import SlackReceiver
from tests.services import samples

Acting = Mapping[str, Service]

TOKEN = "xoxb-token"


def options(url: str = "https://slack.example/api/", **more: Any) -> Any:
    """Return options for a workspace."""
    return TYPE.options({"token": TOKEN, "apiURL": url, **more})[0]


def arguments(block: dict[str, Any] | None = None, text: str = "hello", **more: Any) -> Any:
    """Return the arguments that a message leads to."""
    [composed] = samples.compose(TYPE, options(**more), text, block, "#deploys")
    return slack.DECODER.decode(composed.payload).arguments


async def send(
    acting: Acting,
    receiver: SlackReceiver,
    block: dict[str, Any] | None = None,
    references: dict[str, str] | None = None,
    recipient: str = "#deploys",
    **more: Any,
) -> Delivered:
    """Send one message."""
    chosen = options(receiver.url)
    [composed] = samples.compose(TYPE, chosen, "hello", block, recipient)
    attempt = samples.outgoing(TYPE, composed, references=references or {}, **more)
    return await acting["slack"].send(attempt, chosen)


# --- the message ------------------------------------------------------------------------------


def test_without_a_block_there_is_only_text() -> None:
    """No block: text and metadata with our id, no blocks or attachments."""
    assert arguments() == {
        "channel": "#deploys",
        "text": "hello",
        "metadata": {
            "event_type": "rollout_notification",
            "event_payload": {
                "delivery_id": samples.DELIVERY_ID,
                "trigger": "on-rollout-aborted",
            },
        },
    }


def test_with_a_block_both_arrays_are_there() -> None:
    """If any template had a block, attachments and blocks are sent, empty if not given."""
    given = arguments({"username": ""})
    assert (given["attachments"], given["blocks"]) == ([], [])


@pytest.mark.parametrize(
    ("value", "array"),
    [
        ('[{"text": "a"}]', [{"text": "a"}]),
        ("  \n", []),
        ("", []),
        ("null", []),
        ([{"text": "a", "color": "#f00"}], [{"text": "a", "color": "#f00"}]),
        ({"text": "a"}, [{"text": "a"}]),
    ],
)
def test_attachments_are_json_text_or_a_structure(value: Any, array: list[Any]) -> None:
    """Both forms give the same array; empty text is none."""
    assert arguments({"attachments": value})["attachments"] == array


@pytest.mark.parametrize("value", ["{}", "[", '"x"', "[{'a': 1}]", "[" * 5000])
def test_broken_json_is_a_template_fault(value: str) -> None:
    """It names template and field; nothing is sent that Slack would refuse."""
    with pytest.raises(EvaluationError, match=r"t: blocks .*JSON"):
        arguments({"blocks": value})


@pytest.mark.parametrize(
    ("icon", "expected"),
    [
        (":rocket:", {"icon_emoji": ":rocket:"}),
        ("https://h/i.png", {"icon_url": "https://h/i.png"}),
        ("http://h/i.png", {"icon_url": "http://h/i.png"}),
        ("rocket", {}),
        ("javascript:x", {}),
    ],
)
def test_icons(icon: str, expected: dict[str, str]) -> None:
    """In colons an emoji, a URL a picture, anything else no icon and a warning."""
    for found in (arguments({"icon": icon}), arguments(icon=icon)):
        assert {name: value for name, value in found.items() if "icon" in name} == expected
    warnings = TYPE.options({"token": "t", "icon": icon})[1]
    assert bool(warnings) == (not expected)


def test_template_values_win_over_the_service() -> None:
    """Username and icon of the template replace those of the service if they are not empty."""
    service = {"username": "svc", "icon": ":a:"}
    given = arguments({"username": "tpl", "icon": ":b:"}, **service)
    assert (given["username"], given["icon_emoji"]) == ("tpl", ":b:")
    given = arguments({"username": "", "icon": ""}, **service)
    assert (given["username"], given["icon_emoji"]) == ("svc", ":a:")


def test_unfurling_can_be_switched_off() -> None:
    """Links and media alike."""
    given = arguments(disableUnfurl=True)
    assert (given["unfurl_links"], given["unfurl_media"]) == (False, False)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def test_limits_are_kept_and_say_what_is_missing() -> None:
    """Texts and counts beyond Slack's limits are cut with a note."""
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "h" * 151}},
        _section("s" * 3001),
        *[_section("x")] * 60,
    ]
    given = arguments({"blocks": blocks, "attachments": [{"text": "a"}] * 102}, "m" * 40_001)
    assert 39_990 < len(given["text"]) <= 40_000
    assert given["text"].endswith("more")
    header, section = given["blocks"][:2]
    assert 140 < len(header["text"]["text"]) <= 150
    assert 2990 < len(section["text"]["text"]) <= 3000
    assert len(given["blocks"]) == 50
    assert given["blocks"][-1] == slack_limits.context("…13 more")
    assert len(given["attachments"]) == 100
    assert given["attachments"][-1] == {"text": "…3 more"}


@given(st.text(min_size=0, max_size=400), st.integers(min_value=20, max_value=300))
def test_cut_is_within_its_limit(text: str, limit: int) -> None:
    """Never longer than asked, unchanged if it fits, and the count adds up."""
    cut = slack_limits.texts.cut(text, limit)
    assert len(cut) <= limit
    if len(text) <= limit:
        assert cut == text
    else:
        kept, _, rest = cut.rpartition("…")
        assert len(kept) + int(rest.split()[0]) == len(text)


def test_an_empty_recipient_is_nobody() -> None:
    """There is no default channel."""
    assert samples.compose(TYPE, options(), recipient=" ") == []


@pytest.mark.parametrize(
    ("text", "block", "expected"),
    [
        ("", {"blocks": [_section("first")]}, "first"),
        ("x" * 4000, {"blocks": []}, None),
        ("", {}, "(a message without text)"),
    ],
)
def test_shortened(text: str, block: dict[str, Any], expected: str | None) -> None:
    """What Slack refused is sent once more as short plain text, without metadata."""
    [composed] = samples.compose(TYPE, options(), text, block, "#c")
    shorter = TYPE.shorten(composed.payload)
    assert shorter is not None
    given = slack.DECODER.decode(shorter).arguments
    assert set(given) == {"channel", "text"}
    assert len(given["text"]) <= slack_limits.SHORT_TEXT
    assert expected is None or given["text"] == expected
    assert TYPE.shorten(shorter) is None


# --- sending ----------------------------------------------------------------------------------


async def test_a_post_carries_token_and_text(acting: Acting) -> None:
    """The token is a header, the reference is channel id and timestamp."""
    async with SlackReceiver(token=TOKEN) as receiver:
        delivered = await send(acting, receiver)
        [message] = receiver.messages
    assert message["text"] == "hello"
    assert delivered.reference == f"{message['channel']}:{message['ts']}"
    assert not delivered.remember


async def test_no_proxy_of_the_environment_is_used(
    acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK would take one; an attempt through it would fail here."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with SlackReceiver() as receiver:
        await send(acting, receiver)
        assert len(receiver.messages) == 1


async def test_a_dropped_connection_is_not_posted_twice(acting: Acting) -> None:
    """The SDK's own retry is off: one attempt, one message, ambiguous."""
    async with SlackReceiver() as receiver:
        receiver.accept_then_drop = 1
        with pytest.raises(Retryable) as caught:
            await send(acting, receiver)
        assert len(receiver.messages) == 1
    assert caught.value.ambiguous


async def test_after_an_ambiguous_attempt_our_message_is_looked_for(acting: Acting) -> None:
    """With a channel id and the right to read, what already arrived is not posted again."""
    async with SlackReceiver() as receiver:
        receiver.accept_then_drop = 1
        with pytest.raises(Retryable):
            await send(acting, receiver, recipient="C0123456789")
        delivered = await send(acting, receiver, recipient="C0123456789", repeat_of_ambiguous=True)
        [message] = receiver.messages
        assert delivered.reference == f"C0123456789:{message['ts']}"


@pytest.mark.parametrize("recipient", ["C0123456789", "#deploys"])
async def test_without_the_right_to_read_it_is_sent_again(acting: Acting, recipient: str) -> None:
    """A missing scope, or a name instead of an id, means a second message rather than none."""
    async with SlackReceiver() as receiver:
        receiver.errors["conversations.history"] = ["missing_scope"]
        await send(acting, receiver, recipient=recipient, repeat_of_ambiguous=True)
        assert len(receiver.messages) == 1


def key_of(acting: Acting, block: dict[str, Any], recipient: str = "#deploys") -> str:
    """Return the thread key of a message."""
    service = acting["slack"]
    assert isinstance(service, Referencing)
    [composed] = samples.compose(TYPE, options(), "hello", block, recipient)
    keys = service.references(composed.payload)
    return keys[0] if keys else ""


def test_thread_keys(acting: Acting) -> None:
    """One key per scope, service, channel and group; none without a group."""
    grouped = {"groupingKey": "g"}
    assert key_of(acting, {"deliveryPolicy": "Update"}) == ""
    assert key_of(acting, grouped) == key_of(acting, {**grouped, "deliveryPolicy": "Update"})
    assert key_of(acting, grouped) != key_of(acting, {"groupingKey": "h"})
    assert key_of(acting, grouped) != key_of(acting, grouped, "#other")
    assert key_of(acting, {"thread": "rollout"})
    assert key_of(acting, {"thread": "rollout"}) != key_of(acting, grouped)


async def test_the_first_message_of_a_group_is_remembered(acting: Acting) -> None:
    """Its channel id and timestamp come back under the key."""
    block = {"groupingKey": "g", "notifyBroadcast": True}
    async with SlackReceiver() as receiver:
        delivered = await send(acting, receiver, block)
        [message] = receiver.messages
    assert delivered.remember == {key_of(acting, block): delivered.reference}
    assert "thread_ts" not in message
    assert "reply_broadcast" not in message


@pytest.mark.parametrize(
    ("policy", "methods"),
    [
        ("Post", ["chat.postMessage"]),
        ("update", ["chat.postMessage"]),
        ("PostAndUpdate", ["chat.update", "chat.postMessage"]),
        ("Update", ["chat.update"]),
    ],
)
@pytest.mark.parametrize("broadcast", [True, False])
async def test_later_messages_of_a_group(
    acting: Acting, policy: str, methods: list[str], broadcast: bool
) -> None:
    """Into the thread, or an edit of the first, or both, as the policy says."""
    block = {"groupingKey": "g", "deliveryPolicy": policy, "notifyBroadcast": broadcast}
    async with SlackReceiver() as receiver:
        first = await send(acting, receiver, block)
        receiver.calls.clear()
        later = await send(acting, receiver, block, dict(first.remember))
        assert [method for method, _ in receiver.calls] == methods
        posted = receiver.messages[1:]
    assert not later.remember
    for message in posted:
        assert message["thread_ts"] == first.reference.partition(":")[2]
        assert message["channel"] == first.reference.partition(":")[0]
        assert message.get("reply_broadcast", False) is broadcast


@pytest.mark.parametrize("policy", ["Update", "PostAndUpdate"])
@pytest.mark.parametrize("code", sorted(slack_answers.LOST))
async def test_a_lost_first_message_is_posted_anew(acting: Acting, policy: str, code: str) -> None:
    """And remembered in place of the lost one."""
    block = {"groupingKey": "g", "deliveryPolicy": policy}
    key = key_of(acting, block)
    async with SlackReceiver() as receiver:
        receiver.errors["chat.update"] = [code]
        delivered = await send(acting, receiver, block, {key: "C0000000001:1.2"})
        [message] = receiver.messages
    assert "thread_ts" not in message
    assert delivered.remember == {key: delivered.reference}


async def test_a_failed_edit_posts_nothing(acting: Acting) -> None:
    """The edit comes first: if it has to be repeated, no message is doubled by that."""
    block = {"groupingKey": "g", "deliveryPolicy": "PostAndUpdate"}
    async with SlackReceiver() as receiver:
        receiver.errors["chat.update"] = ["service_unavailable"]
        with pytest.raises(Retryable):
            await send(acting, receiver, block, {key_of(acting, block): "C0000000001:1.2"})
        assert not receiver.messages


async def test_late_messages_say_so(acting: Acting) -> None:
    """In the text and where people look: below the blocks."""
    note = "delivered 14 min late: receiver was unavailable"
    async with SlackReceiver() as receiver:
        await send(acting, receiver, {"blocks": [_section("x")]}, late_s=840.0)
        await send(acting, receiver, {"attachments": [{"text": "x"}]}, late_s=840.0)
        with_blocks, with_attachments = receiver.messages
    assert with_blocks["text"] == f"hello\n_{note}_"
    assert with_blocks["blocks"][-1] == slack_limits.context(note)
    assert with_attachments["attachments"][-1] == {"text": note}


# --- answers (F19) ----------------------------------------------------------------------------

F19: dict[str, tuple[type[DeliveryError], Reason, bool]] = {
    **dict.fromkeys(
        ("ratelimited", "rate_limited"), (Retryable, Reason.RATE_LIMITED, False)
    ),
    "service_unavailable": (Retryable, Reason.SERVER, False),
    "request_timeout": (Retryable, Reason.TIMEOUT, False),
    **dict.fromkeys(("internal_error", "fatal_error"), (Retryable, Reason.SERVER, True)),
    **dict.fromkeys(
        ("team_added_to_org", "org_login_required", "message_limit_exceeded",
         "draft_has_conflict"),
        (Retryable, Reason.SLOW, False),
    ),
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
         "missing_scope", "no_permission", "not_allowed_token_type", "access_denied",
         "accesslimited", "ekm_access_denied", "app_access_restricted",
         "enterprise_is_restricted", "two_factor_setup_required", "is_bot", "team_not_found",
         "send_on_behalf_not_allowed", "as_user_not_supported"),
        (Misconfigured, Reason.CREDENTIAL, False),
    ),
    **dict.fromkeys(
        ("channel_not_found", "not_in_channel", "is_archived", "restricted_action",
         "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
         "messages_tab_disabled"),
        (Permanent, Reason.RECIPIENT, False),
    ),
    **dict.fromkeys(
        ("restricted_action_non_threadable_channel", "restricted_action_thread_locked",
         "cannot_reply_to_message"),
        (Permanent, Reason.THREAD, False),
    ),
    **dict.fromkeys(
        ("msg_too_long", "no_text", "invalid_blocks", "invalid_blocks_format",
         "msg_blocks_too_long", "too_many_attachments", "attachment_payload_limit_exceeded",
         "metadata_too_large", "invalid_metadata_format", "invalid_metadata_schema",
         "markdown_text_conflict"),
        (Permanent, Reason.TOO_LONG, False),
    ),
    **dict.fromkeys(
        ("invalid_arg_name", "invalid_arguments", "invalid_array_arg", "invalid_charset",
         "invalid_form_data", "invalid_post_type", "missing_post_type", "unknown_method",
         "deprecated_endpoint", "method_deprecated"),
        (Permanent, Reason.DEFECT, False),
    ),
    **dict.fromkeys(
        ("never_heard_of", "", "foreign words & <secrets>", "x" * 500),
        (Retryable, Reason.UNKNOWN_ANSWER, False),
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", F19, ids=lambda code: code[:40] or "empty")
async def test_each_code_has_its_class(acting: Acting, code: str) -> None:
    """F19: every error code of the specification gives the class of the specification."""
    kind, reason, ambiguous = F19[code]
    async with SlackReceiver() as receiver:
        receiver.errors["chat.postMessage"] = [code]
        with pytest.raises(DeliveryError) as caught:
            await send(acting, receiver)
    assert type(caught.value) is kind
    assert caught.value.reason is reason
    assert caught.value.ambiguous is (ambiguous or code == "")
    assert "foreign" not in caught.value.detail


def test_the_table_of_the_test_covers_the_table_of_the_code() -> None:
    """A code added to one is added to the other."""
    assert set(slack_answers.CODES) <= set(F19)


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason", "after_s"),
    [
        (429, {"Retry-After": "30"}, {"ok": False, "error": "ratelimited"}, "rate_limited", 30.0),
        (429, {"Retry-After": "1.5"}, {"ok": False, "error": "ratelimited"}, "rate_limited", 1.5),
        (429, {"Retry-After": "7"}, None, "rate_limited", 7.0),
        (429, {"Retry-After": "-3"}, {"ok": False, "error": "ratelimited"}, "rate_limited", None),
        (503, {"Retry-After": "9"}, None, "server", 9.0),
        (200, {"Retry-After": "4"}, {"ok": False, "error": "ratelimited"}, "rate_limited", 4.0),
        (500, {}, {"ok": False, "error": "fatal_error"}, "server", None),
        (404, {}, {"ok": False, "error": "who_knows"}, "not_found", None),
    ],
)
async def test_retry_after_is_read_from_the_headers(
    acting: Acting,
    status: int,
    headers: dict[str, str],
    body: object,
    reason: str,
    after_s: float | None,
) -> None:
    """Integer or fraction, with or without a JSON body; a known code speaks before the status."""
    raw = b"busy" if body is None else json.dumps(body).encode()
    kind = "text/html" if body is None else "application/json"
    async with SlackReceiver() as receiver:
        answer = (status, {"Content-Type": kind, **headers}, raw)
        receiver.replies["chat.postMessage"] = [answer]
        with pytest.raises(Retryable) as caught:
            await send(acting, receiver)
    assert (str(caught.value.reason), caught.value.after_s) == (reason, after_s)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"[1]"),
        ("application/json", b'"x"'),
        ("application/json", b"null"),
        ("application/json", b"{"),
        ("application/json", b"\xff\xfe"),
        ("application/json", b"[" * 60_000),
        ("application/json; charset=nonsense", b'{"ok":true}'),
        ("application/json", b'{"ok":true,"channel":{"x":1},"ts":["y"]}'),
        ("text/plain", b"ok"),
        ("text/html", b"<html>"),
        ("application/gzip", b"\x1f\x8b"),
        ("application/json", b'{"ok":false,"error":{"a":1}}'),
        ("application/json", b'{"ok":"yes"}'),
        ("application/json", b"x" * 70_000),
    ],
)
async def test_an_answer_that_lies_gives_a_typed_outcome(
    acting: Acting, kind: str, body: bytes
) -> None:
    """Whatever comes with a 200, the outcome is a delivery or an ambiguous failure."""
    async with SlackReceiver() as receiver:
        receiver.replies["chat.postMessage"] = [(200, {"Content-Type": kind}, body)]
        block = {"groupingKey": "g"}
        outcome: Delivered | DeliveryError
        try:
            outcome = await send(acting, receiver, block)
        except Retryable as error:
            outcome = error
    if isinstance(outcome, DeliveryError):
        assert outcome.ambiguous
    else:
        assert (outcome.reference, outcome.remember) == ("", {})


async def test_a_closed_session_opens_no_other(
    acting: Acting, session: aiohttp.ClientSession
) -> None:
    """The SDK would make a session of its own, past the address guard."""
    async with SlackReceiver() as receiver:
        await session.close()
        with pytest.raises(RuntimeError, match="closed"):
            await send(acting, receiver)
        assert not receiver.calls


async def test_clients_are_kept_per_workspace(session: aiohttp.ClientSession, guard: Guard) -> None:
    """One client per token and URL, and a bound on how many are remembered."""
    service = SlackService(session=session, guard=guard, clock=samples.StillClock())
    assert await service._workspace(options()) is await service._workspace(options())
    for number in range(200):
        await service._workspace(options(username=str(number)))
    assert len(service._workspaces) <= 64
