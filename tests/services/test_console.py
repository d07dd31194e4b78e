"""Console: YAML with sorted keys, or lines for a terminal; nothing escapes into either."""

from __future__ import annotations

import io
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.core.service import Message
from notifier.services import console
from notifier.services.console import TYPE
from tests.services import samples


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


async def shown(
    out: io.StringIO, text: str, block: dict[str, Any] | None = None, **more: Any
) -> str:
    """Send one message and return what was written."""
    options, _ = TYPE.options({})
    [composed] = samples.compose(TYPE, options, text, block, "#deploys")
    await console.build(out=out).send(samples.outgoing(TYPE, composed, **more), options)
    return out.getvalue()


async def test_yaml_with_sorted_keys() -> None:
    """A Slack block always shows its three delivery fields; several lines are a block."""
    block = {"username": "u", "attachments": "[]"}
    assert await shown(io.StringIO(), "one\ntwo", block) == (
        "---\n"
        "message: |-\n  one\n  two\n"
        "slack:\n"
        "  attachments: '[]'\n"
        "  deliveryPolicy: Post\n"
        "  groupingKey: ''\n"
        "  notifyBroadcast: false\n"
        "  username: u\n"
    )


def test_any_block_can_be_shown() -> None:
    """The command line shows other services' messages the same way."""
    message = Message(text="m", block={"subject": "s"})
    assert console.as_yaml(message, "email") == "email:\n  subject: s\nmessage: m\n"


async def test_a_terminal_gets_lines() -> None:
    """Where it goes, the first line, the details; late ones say so."""
    text = await shown(Terminal(), "🔴 aborted\nwhy", late_s=840.0)
    assert text == (
        "[on-rollout-aborted shop/checkout → console:#deploys]\n🔴 aborted\nwhy\n\n"
        "# delivered 14 min late: receiver was unavailable\n"
    )


HOSTILE = st.text(max_size=40) | st.sampled_from(
    ["\x1b[2J", "\x07", "\u202eabc", "a\x9bb", "\x00", "...\n---\nx: y", "\ud800", "&a *a !!x"]
)


@example("\x85", None)
@given(HOSTILE, st.none() | st.dictionaries(st.sampled_from(["icon", "username"]), HOSTILE))
def test_control_characters_never_reach_the_stream(text: str, block: dict[str, str] | None) -> None:
    """What is written is one YAML document, printable but for line ends."""
    message = Message(text=text, block=block)
    written = console.as_yaml(message, "slack")
    assert not any(
        (ord(each) < 0x20 and each != "\n") or 0x7F <= ord(each) < 0xA0 for each in written
    )
    assert not any("\u202a" <= each <= "\u202e" for each in written)
    assert set(yaml.safe_load(written)) <= {"message", "slack"}
    lines = console.readable(written, "h", samples.destination("console", text))
    assert not any(ord(each) < 0x20 and each not in "\n\t" for each in lines)


def test_there_is_nothing_to_configure() -> None:
    """Unknown options are warned about."""
    assert TYPE.options({"x": 1})[1] == ["x: unknown field"]


@pytest.mark.parametrize("shorter", [TYPE.shorten(b"message: x\n")])
def test_it_is_never_shortened(shorter: bytes | None) -> None:
    """Nobody refuses it."""
    assert shorter is None
