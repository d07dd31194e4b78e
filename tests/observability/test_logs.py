"""Log lines: one JSON object each, or text; never a secret in any form."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.observability import logs

CANARY = 'c4n4ry/"t0ken+é\\x'
LOGGER = logging.getLogger("notifier.test")


@pytest.fixture
def redactor() -> logs.Redactor:
    """A redactor that knows one secret."""
    redactor = logs.Redactor()
    redactor.watch("central", [CANARY])
    return redactor


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes; logging is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    for name in ("notifier", "aiohttp", "asyncio", "slack_sdk", "kubernetes_asyncio", "aiosmtplib"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_a_json_line_has_event_and_fields(stream: io.StringIO) -> None:
    """The event text is constant, what varies are fields."""
    logs.configure("json", "info", logs.Redactor(), stream)
    LOGGER.info("attempt ended", extra={"delivery_id": "dlv_1", "attempt": 2, "rollout": "a/b"})
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "event": "attempt ended",
        "delivery_id": "dlv_1",
        "attempt": 2,
        "rollout": "a/b",
        "logger": "notifier.test",
    }


def test_a_text_line_is_readable(stream: io.StringIO) -> None:
    """Fields follow the event; values with spaces are quoted."""
    logs.configure("text", "info", logs.Redactor(), stream)
    LOGGER.warning("watch degraded", extra={"resource": "rollouts", "detail": "no right"})
    line = stream.getvalue()
    assert line[8:] == ' warning watch degraded  resource=rollouts detail="no right"\n'


def test_a_text_line_drives_no_terminal(stream: io.StringIO) -> None:
    """Escape sequences, as a tenant may write them into a recipient, are shown instead."""
    logs.configure("text", "info", logs.Redactor(), stream)
    LOGGER.info("delivered", extra={"destination": "slack:a\x1b[2J\x07\u202e"})
    assert r'destination="slack:a\u001b[2J\u0007\u202e"' in stream.getvalue()


def test_levels_below_are_dropped_and_clients_stay_quiet(stream: io.StringIO) -> None:
    """Debug of ours may be on; debug of a client library never is."""
    logs.configure("json", "debug", logs.Redactor(), stream)
    LOGGER.debug("ours")
    logging.getLogger("slack_sdk.web").debug("body of a request")
    logging.getLogger("elsewhere").info("noise")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["ours"]


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(CANARY, id="plain"),
        pytest.param(json.dumps({"a": CANARY}), id="json"),
        pytest.param(orjson.dumps({"a": CANARY}).decode(), id="json-utf8"),
        pytest.param(quote(CANARY, safe=""), id="url"),
        pytest.param(base64.b64encode(CANARY.encode()).decode(), id="base64"),
        pytest.param(base64.b64encode(f"user:{CANARY}".encode()).decode(), id="basic-auth"),
        pytest.param(base64.urlsafe_b64encode(f"me:{CANARY}:".encode()).decode(), id="base64url"),
        pytest.param(f"before {CANARY}", id="inside"),
    ],
)
def test_a_secret_is_in_no_line(
    form: str, shown: str, stream: io.StringIO, redactor: logs.Redactor
) -> None:
    """Neither in the event, nor in a field, nor in a traceback, in no form."""
    logs.configure(form, "info", redactor, stream)  # type: ignore[arg-type]
    LOGGER.info("event %s", shown)
    LOGGER.info("event", extra={"detail": shown, "nested": {"list": [shown]}})
    try:
        raise ValueError(shown)
    except ValueError:
        LOGGER.exception("failed")
    written = stream.getvalue()
    assert "c4n4ry" not in written
    assert shown not in written
    assert base64.b64encode(b"c4n4ry")[:6].decode() not in written
    assert written.count(logs.HIDDEN) >= 4


def test_lines_of_a_key_are_hidden_alone() -> None:
    """One line of a PEM key is as secret as the whole."""
    key = "-----BEGIN KEY-----\nMIIBVgIBADANBgkqhkiG9w0BAQEF\nAASCAUAwggE8AgEAAkEAq7BFUpkG\n"
    redactor = logs.Redactor()
    redactor.watch("central", [key])
    assert redactor.hide("bad data: AASCAUAwggE8AgEAAkEAq7BFUpkG") == "bad data: ***"


def test_a_rotated_secret_replaces_the_old_one_of_its_owner_only() -> None:
    """What one scope gives up is no longer hidden; other scopes' values still are."""
    redactor = logs.Redactor()
    redactor.watch("central", ["old-value"])
    redactor.watch("team", ["team-value"])
    redactor.watch("central", ["new-value"])
    assert redactor.hide("old-value new-value team-value") == "old-value *** ***"


def test_very_short_values_are_left_alone() -> None:
    """A secret of two letters would blacken every line and protect nothing."""
    redactor = logs.Redactor()
    redactor.watch("central", ["no", "", "  "])
    assert redactor.hide("no change, not now") == "no change, not now"


@given(
    secret=st.text(min_size=8, max_size=30).filter(lambda text: len(text.strip()) >= 8),
    before=st.text(max_size=5),
    after=st.text(max_size=5),
)
def test_no_surrounding_hides_a_secret_from_the_redactor(
    secret: str, before: str, after: str
) -> None:
    """Plain and in base64, whatever stands around it."""
    redactor = logs.Redactor()
    redactor.watch("central", [secret])
    assert secret.strip() not in redactor.hide(before + secret + after).replace(logs.HIDDEN, "\0")
    encoded = base64.b64encode((before + secret + after).encode()).decode()
    assert redactor.hide(encoded) != encoded
