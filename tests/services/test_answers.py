"""HTTP answers: the table of spec/services.md 6.1, whole, and `Retry-After`."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.errors import Misconfigured, Permanent, Reason, Retryable
from notifier.services import answers

PLACE = "https://hooks.example.com"

TABLE = [
    *((status, None, None, False) for status in (200, 201, 202, 204, 299)),
    (100, Misconfigured, Reason.CONFIGURATION, False),
    *((status, Misconfigured, Reason.REDIRECT, False) for status in (300, 301, 302, 307, 308)),
    *((s, Permanent, Reason.PAYLOAD, False) for s in (400, 405, 406, 411, 413, 414, 415, 422)),
    *((status, Permanent, Reason.PAYLOAD, False) for status in (402, 418, 451, 499)),
    *((status, Misconfigured, Reason.CREDENTIAL, False) for status in (401, 403, 407)),
    (404, Retryable, Reason.NOT_FOUND, False),
    (408, Retryable, Reason.TIMEOUT, False),
    (409, Retryable, Reason.CONFLICT, False),
    (410, Permanent, Reason.GONE, False),
    (425, Retryable, Reason.SERVER, False),
    (429, Retryable, Reason.RATE_LIMITED, True),
    *((status, Retryable, Reason.SERVER, False) for status in (500, 503, 506, 507, 511, 599)),
    *((status, Retryable, Reason.SERVER, True) for status in (502, 504)),
    *((status, Retryable, Reason.UNSUPPORTED, False) for status in (501, 505)),
    (600, Retryable, Reason.UNKNOWN_ANSWER, False),
]


@pytest.mark.parametrize(("status", "error", "reason", "throttles"), TABLE, ids=str)
def test_each_status_has_its_class(
    status: int, error: type | None, reason: Reason | None, throttles: bool
) -> None:
    """The class, reason and throttling of a status are those of the specification."""
    refusal = answers.refusal(status, {}, PLACE, now=0.0)
    if error is None:
        assert refusal is None
        return
    assert refusal is not None
    assert type(refusal) is error
    assert (refusal.reason, refusal.status) == (reason, status)
    assert refusal.throttles_host is throttles
    assert not refusal.ambiguous


@given(st.integers(min_value=100, max_value=999))
def test_every_status_has_a_meaning(status: int) -> None:
    """No status is left to chance, and every refusal names the place."""
    refusal = answers.refusal(status, {}, PLACE, now=0.0)
    assert (refusal is None) == (200 <= status <= 299)
    assert refusal is None or refusal.detail.startswith(PLACE)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://other.example/path?token=x", "https://other.example: use that address"),
        ("http://u:secret@other.example:81/x", "http://other.example:81: use that address"),
        ("/login?next=1", "another path of the same host"),
        ("", "another path of the same host"),
        ("javascript://evil", "an odd address"),
        ("https://a b\u202e/x", "an odd address"),
    ],
)
def test_a_redirect_names_the_host_only(location: str, shown: str) -> None:
    """The target host of a redirect is named, and nothing else of it."""
    refusal = answers.refusal(302, {"Location": location}, PLACE, now=0.0)
    assert refusal is not None
    assert refusal.detail == f"{PLACE} answered 302 Found, a redirect to {shown}"


@pytest.mark.parametrize(
    ("asked", "date", "seconds"),
    [
        ("30", None, 30.0),
        ("1.5", None, 1.5),
        (" 7 ", None, 7.0),
        ("0", None, 0.0),
        ("-1", None, None),
        ("nan", None, None),
        ("inf", None, None),
        ("1e99", None, None),
        ("soon", None, None),
        ("", None, None),
        ("Wed, 21 Oct 2026 07:28:30 GMT", "Wed, 21 Oct 2026 07:28:00 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:30 GMT", None),
        ("Thu, 01 Jan 1970 00:20:00 GMT", None, 200.0),
        ("Thu, 01 Jan 1970 00:20:00 GMT", "nonsense", 200.0),
        ("Wed, 99 Oct 2026 07:28:30 GMT", None, None),
    ],
)
def test_retry_after(asked: str, date: str | None, seconds: float | None) -> None:
    """Integers, floats and dates count, dates against the answer's own; nonsense is ignored."""
    assert answers.retry_after_s(asked, date, now=1000.0) == seconds


@given(st.text(max_size=80), st.none() | st.text(max_size=80))
def test_retry_after_never_fails(asked: str, date: str | None) -> None:
    """Whatever a receiver writes there gives a finite wait or none."""
    seconds = answers.retry_after_s(asked, date, now=1000.0)
    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)
