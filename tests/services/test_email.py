"""E-mail: what the mail says and who it names (spec/services.md 4, security.md S9 and S15)."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.errors import NotifierError
from notifier.core.service import Composed
from notifier.services import mail_addresses, markup, mime, texts
from notifier.services.email import DECODER, TYPE, Payload
from tests.services import samples

RAW: dict[str, Any] = {"host": "relay.example", "port": 587, "from": "Rollouts <bot@example.com>"}


def composed(
    block: dict[str, Any] | None = None, recipient: str = "a@x.example", **more: Any
) -> list[tuple[Composed, Payload]]:
    """Compose a mail and return its rows."""
    options, _ = TYPE.options({**RAW, **more})
    rows = samples.compose(TYPE, options, "hello", block, recipient)
    return [(row, DECODER.decode(row.payload)) for row in rows]


def mail(
    block: dict[str, Any] | None = None, recipient: str = "a@x.example", **more: Any
) -> EmailMessage:
    """Return the mail of the first row, parsed."""
    text = composed(block, recipient, **more)[0][1].mail
    parsed = email.message_from_string(text, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(message: EmailMessage, kind: str) -> str:
    """Return the text of a part, "" if there is none."""
    body = message.get_body((kind,))
    return "" if body is None else str(body.get_content()).replace("\r\n", "\n")


def test_headers() -> None:
    """Sender fixed, one line of subject, our id, the thread of rollout and revision."""
    message = mail({"subject": "first\r\nBcc: evil@x.example\u2028line", "body": "b"})
    assert message["From"] == "Rollouts <bot@example.com>"
    assert message["To"] == "a@x.example"
    assert message["Subject"] == "first Bcc: evil@x.example line"
    assert message["Bcc"] is None
    assert message["Message-ID"] == f"<{samples.DELIVERY_ID}@example.com>"
    assert message["References"] == message["In-Reply-To"] == "<uid-1.42@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.timestamp() == samples.NOW


def test_a_long_subject_is_cut() -> None:
    """At most 200 characters."""
    subject = mail({"subject": "é" * 500})["Subject"]
    assert len(subject) == 200
    assert subject.endswith("…")


@pytest.mark.parametrize("name", ["Resent-To", "Subject", "X-Any", "To", "Date", "Content-Type"])
@pytest.mark.parametrize("value", ["a@b.example, C <c@d.example>", "text/plain", "größer " * 30])
def test_remembered_headers_are_the_standard_ones(name: str, value: str) -> None:
    """Kinds and texts that were seen before fold as the library folds them anew."""
    for _ in range(2):
        for each in (name, "X-Other"):
            ours = mime.POLICY.header_factory(each, value)
            fresh = email.policy.SMTP.header_factory(each, value)
            assert ours.fold(policy=mime.POLICY) == fresh.fold(policy=email.policy.SMTP)
            assert (ours.name, type(ours).__mro__[1:]) == (each, type(fresh).__mro__[1:])


@pytest.mark.parametrize(
    ("block", "text"),
    [(None, "hello"), ({}, "hello"), ({"body": ""}, "hello"), ({"body": "mine"}, "mine")],
)
def test_the_body_falls_back_to_the_message(block: dict[str, Any] | None, text: str) -> None:
    """And a missing subject is empty."""
    message = mail(block)
    assert part(message, "plain").strip() == text
    assert message["Subject"] == ""


def test_html_has_a_text_part() -> None:
    """With `html: true` the body is sanitised and a text part stands beside it."""
    body = '<h1>Aborted</h1><p>see <a href="https://h.example/x">run</a></p><script>x()</script>'
    message = mail({"body": body}, html=True)
    assert message.get_content_type() == "multipart/alternative"
    assert "<script" not in part(message, "html")
    assert "<h1>Aborted</h1>" in part(message, "html")
    assert part(message, "plain") == "Aborted\n\nsee run (https://h.example/x)\n"


def test_html_beside_text() -> None:
    """A template may give both; each is sent as it is, the HTML sanitised."""
    message = mail({"body": "plain words", "html": "<b>rich</b><img src=x onerror=y>"})
    assert part(message, "plain").strip() == "plain words"
    assert part(message, "html").strip() == "<b>rich</b>"


def test_a_plain_message_in_an_html_service_is_escaped() -> None:
    """Text that was never HTML does not become it."""
    message = mail(None, html=True)
    assert "<pre>hello</pre>" in part(message, "html")


def test_several_addresses_are_rows_of_one_mail() -> None:
    """Everybody is in `To`, each has a row of its own, and all rows are the same mail."""
    rows = composed({"cc": "c@x.example, a@x.example"}, '"Doe, J" <a@x.example>, b@y.example,,')
    assert [row.recipient for row, _ in rows] == ["a@x.example", "b@y.example", "c@x.example"]
    assert [row.slot for row, _ in rows] == [row.recipient for row, _ in rows]
    assert len({payload.mail for _, payload in rows}) == 1
    assert len({payload.message_id for _, payload in rows}) == 1
    message = mail({"cc": "c@x.example"}, '"Doe, J" <a@x.example>, b@y.example')
    assert message["To"] == '"Doe, J" <a@x.example>, b@y.example'
    assert message["Cc"] == "c@x.example"


def test_what_is_no_address_gets_a_row_that_says_so() -> None:
    """The others are sent; the bad one is visible and never named in the mail."""
    rows = composed(None, "a@x.example, nonsense, b@y.example>\r\nRCPT TO:<evil@x.example")
    sendable = [payload.recipient for _, payload in rows if payload.mail]
    assert sendable == ["a@x.example"]
    assert len(rows) == 3
    assert "evil" not in rows[0][1].mail


def test_an_empty_recipient_is_nobody() -> None:
    """Nothing to send to."""
    assert composed(None, " , ") == []


def test_own_headers() -> None:
    """Additional ones are set on one line; ours cannot be replaced."""
    message = mail(
        {
            "headers": {"X-Team": "a\r\nBcc: x@y.example", "Bcc": "x@y.example", "Bad Name": "x"},
            "replyTo": "team@x.example",
        }
    )
    assert message["X-Team"] == "a Bcc: x@y.example"
    assert message["Bcc"] is None
    assert message["Reply-To"] == "team@x.example"


def test_late_mails_say_so() -> None:
    """In both parts, and the id stays."""
    whole = composed({"body": "text é", "html": "<p>rich</p>"})[0][1].mail
    late = mime.marked_late(whole, texts.late(840.0))
    message = email.message_from_string(late, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    note = "delivered 14 min late: receiver was unavailable"
    assert part(message, "plain").startswith(f"({note})\n\ntext é")
    assert part(message, "html").startswith(f"<p><i>{note}</i></p>")
    assert message["Message-ID"] == f"<{samples.DELIVERY_ID}@example.com>"


ADDRESSES = [
    ("a@b.example", "a@b.example"),
    (" A.B+c@B.example ", "A.B+c@B.example"),
    ("Jo <a@b.example>", "a@b.example"),
    ('"x, y" <a@b.example>', "a@b.example"),
    ("a@localhost", "a@localhost"),
    ("a@bücher.example", "a@xn--bcher-kva.example"),
    ("", None),
    ("a", None),
    ("a@", None),
    ("@b.example", None),
    ("a@b@c.example", None),
    ("a b@c.example", None),
    ("a..b@c.example", None),
    ("a@-b.example", None),
    ("a@b..example", None),
    ("é@b.example", None),
    ("a@b.example\r\nDATA", None),
    ("<a@b.example> <c@d.example>", None),
    ("a@b.example\x00", None),
    ("a@[127.0.0.1]", None),
    ("x" * 65 + "@b.example", None),
]


@pytest.mark.parametrize(("text", "spec"), ADDRESSES)
def test_addresses(text: str, spec: str | None) -> None:
    """One address or none; nothing that could mean two."""
    found = mail_addresses.parse(text)
    assert (found.spec if found else None) == spec


@given(st.text(max_size=80))
def test_a_parsed_address_is_plain(text: str) -> None:
    """Whatever is parsed as an address cannot end a command or a header."""
    for piece in mail_addresses.split(text):
        found = mail_addresses.parse(piece)
        if found is not None:
            assert found.spec.isascii()
            assert not set(found.spec) & set(" \t\r\n<>,;:\"'()[]\\") - {"'"}
            assert found.spec.count("@") == 1


@given(
    st.text(max_size=80),
    st.text(max_size=200),
    st.text(max_size=200),
    st.dictionaries(st.text(max_size=10), st.text(max_size=40), max_size=3),
)
def test_no_text_breaks_out_of_a_mail(
    subject: str, body: str, html: str, headers: dict[str, str]
) -> None:
    """ASCII with CRLF line ends, no bare CR or LF, the headers we meant, the same bytes again."""
    block = {"subject": subject, "body": body, "html": html, "headers": headers}
    try:
        [(row, payload)] = composed(block)
    except NotifierError:
        return
    raw = payload.mail.encode("ascii")
    assert raw.replace(b"\r\n", b"").count(b"\n") == 0
    assert raw.replace(b"\r\n", b"").count(b"\r") == 0
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message.get_all("To") == ["a@x.example"]
    assert message.get_all("From") == ["Rollouts <bot@example.com>"]
    assert len(message["Subject"]) <= 200
    assert message.get_all("Cc") is None
    assert message.get_all("Bcc") is None
    assert composed(block)[0][0] == row


XSS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='http://plain.example'>x</a>",
    "<a href='data:text/html,x'>x</a>",
    "<iframe src='https://x.example'></iframe>",
    "<form action='https://x.example'><input></form>",
    "<style>@import 'https://x.example'</style>",
    "<div style='background:url(https://x.example/p.png)'>x</div>",
    "<div style='position:fixed;color:red'>x</div>",
    "<link rel=stylesheet href='https://x.example'>",
    "<meta http-equiv=refresh content='0;url=https://x.example'>",
    "<body onload=alert(1)>",
    "<math><mi xlink:href='javascript:alert(1)'>",
    "<!--><script>alert(1)</script>-->",
    "<b onclick=alert(1)>x</b>",
]


@pytest.mark.parametrize("html", XSS)
def test_markup_of_strangers_is_harmless(html: str) -> None:
    """No script, no foreign resource, no link but https (S15)."""
    clean = markup.sanitised(html).casefold()
    for word in (
        "script", "onerror", "onload", "onclick", "javascript:", "http:", "data:", "<img", "url(",
        "<iframe", "<form", "<input", "<style", "<link", "<meta", "<svg", "position", "import",
    ):  # fmt: skip
        assert word not in clean


@given(st.text(max_size=300))
def test_turning_markup_into_text_never_fails(html: str) -> None:
    """Any sanitised markup has a text."""
    assert markup.text(markup.sanitised(html)).endswith("\n")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb\n"),
        ("<ul><li>a</li><li>b <b>c</b></li></ul>", "- a\n- b c\n"),
        ("<table><tr><td>k</td><td>v</td></tr><tr><td>l</td><td>w</td></tr></table>", "k v\nl w\n"),
        ("a<br>b &amp; c", "a\nb & c\n"),
        ("<pre>x  y\nz</pre>", "x  y\nz\n"),
        ('<a href="https://h.example">https://h.example</a>', "https://h.example\n"),
        ("", "\n"),
    ],
)
def test_markup_as_text(html: str, text: str) -> None:
    """Lines, list marks, cells and link targets survive."""
    assert markup.text(html) == text
