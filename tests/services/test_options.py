"""Options: strict types, coercion of what came from a Secret, named warnings."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.core.secrets import Secret, Substituted
from notifier.core.service import Terms
from notifier.services import TYPES, options

CASES: list[tuple[str, dict[str, Any], str]] = [
    ("slack", {}, "token: is missing"),
    ("slack", {"token": ["x"]}, "token: is a list"),
    ("slack", {"token": "x\x00y"}, "token: holds characters"),
    ("slack", {"token": "t", "insecureSkipVerify": "true"}, "without quotes"),
    ("slack", {"token": "t", "disableUnfurl": 1}, "true or false is expected"),
    ("slack", {"token": "t", "apiURL": "slack.com/api"}, "apiURL: is no URL"),
    ("slack", {"token": "t", "apiURL": "https://u:p@h/api"}, "apiURL: is no URL"),
    ("slack", {"token": "t", "allowedRecipients": "#a"}, "allowedRecipients: a list of texts"),
    ("slack", {"token": "t", "tls": "none"}, "tls: is a text, but a mapping"),
    ("slack", {"token": "t", "tls": {"caRef": "relay-ca"}}, "tls.caRef: holds no PEM"),
    ("slack", {"token": "t", "tls": {"certRef": "x"}}, "tls.certRef: needs a PEM"),
    ("slack", {"token": "t", "tls": {"serverName": "a b"}}, "tls.serverName: is no host"),
    ("slack", {"token": "t", "proxy": "proxy:3128"}, "proxy: is no URL"),
    ("slack", {"token": "t", "rateLimit": "fast"}, "rateLimit: is no rate"),
    ("slack", {"token": "t", "rateLimit": "0/s"}, "rateLimit: is no rate"),
    ("slack", {"token": "t", "maxConcurrency": -1}, "maxConcurrency: is out of range"),
    ("webhook", {"url": "http://h/", "oauth2": {"clientId": "a"}}, "oauth2.tokenUrl: is missing"),
    ("webhook", {"url": "http://h/", "cloudEvents": "yes"}, "cloudEvents: is not known"),
    ("webhook", {"url": "http://h/", "followRedirects": 11}, "followRedirects: is out of range"),
    ("slack", {"token": "t", "timeout": "soon"}, "timeout: is no duration"),
    ("slack", {"token": "t", "timeout": "1h"}, "timeout: is out of range"),
    ("slack", {"token": "t", "maxAge": "73h"}, "maxAge: is out of range: write up to 72h"),
    ("slack", {"token": "t", "maxAge": 0}, "maxAge: is out of range"),
    ("webhook", {}, "url: is missing"),
    ("webhook", {"url": "<your-webhook-url>"}, "url: is no URL"),
    ("webhook", {"url": "ftp://h/"}, "url: is no URL"),
    ("webhook", {"url": "http://<host>/"}, "url: has no usable host"),
    ("webhook", {"url": "http://h:port/"}, "url: is no URL"),
    ("webhook", {"url": "http://h/", "headers": {"a": "b"}}, "headers: a list of mappings"),
    ("webhook", {"url": "http://h/", "headers": [{"value": "b"}]}, "name: is missing"),
    ("webhook", {"url": "http://h/", "retryMax": "3"}, "write it without quotes"),
    ("webhook", {"url": "http://h/", "retryWaitMin": "x"}, "retryWaitMin: is no duration"),
    ("webhook", {"url": "http://h/", "signing": {}}, "secretRef: is missing"),
    ("webhook", {"url": "http://h/", "signing": {"secretRef": "whsec_!"}}, "not base64"),
    ("email", {"port": 25, "from": "a@b.c"}, "host: is missing"),
    ("email", {"host": "h", "from": "a@b.c"}, "port: is missing: 587"),
    ("email", {"host": "h", "port": "25", "from": "a@b.c"}, "port: is a text"),
    ("email", {"host": "h", "port": 0, "from": "a@b.c"}, "port: is out of range"),
    ("email", {"host": "h", "port": 25, "from": "me"}, "from: is no address"),
    ("email", {"host": "h", "port": 25, "from": "a@b.c", "tls": "yes"}, "tls: is not known"),
    ("email", {"host": "h", "port": 25, "from": "a@b.c", "auth": "xoauth2"}, "auth: xoauth2 needs"),
    (
        "email",
        {"host": "h", "port": 25, "from": "a@b.c", "tls": "none", "username": "u", "password": "p"},
        "tls: none would send the password unencrypted",
    ),
]


@pytest.mark.parametrize(("kind", "raw", "text"), CASES, ids=lambda value: str(value)[:40])
def test_a_wrong_option_is_named_with_its_fix(kind: str, raw: dict[str, Any], text: str) -> None:
    """A field of the wrong form fails alone, with its name and what to write."""
    with pytest.raises(ValueError, match=text.replace("[", r"\[")):
        TYPES[kind].options(raw)


def test_text_from_a_secret_takes_the_type_of_its_field() -> None:
    """Ports and booleans may come from a Secret; hand-written text may not stand for them."""
    raw = {
        "host": Substituted("relay.example"),
        "port": Substituted("587\n"),
        "from": "a@b.c",
        "html": Substituted("yes"),
    }
    read, warnings = TYPES["email"].options(raw)
    assert (read.port, read.html, read.host) == (587, True, "relay.example")
    assert not warnings
    with pytest.raises(ValueError, match="not a number") as caught:
        TYPES["email"].options({**raw, "port": Substituted("hunter2")})
    assert "hunter2" not in str(caught.value)


def test_names_match_case_insensitively_and_unknown_ones_are_named() -> None:
    """`apiurl` is `apiURL`; an unknown field is a warning with the nearest known name."""
    read, warnings = TYPES["slack"].options(
        {"Token": "t", "APIURL": "https://h/api", "tokn": "x", "channels": []}
    )
    assert read.api_url == "https://h/api/"
    assert sorted(warnings) == [
        "channels: has no effect",
        "tokn: unknown field: did you mean token?",
    ]


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("slack", {"token": "t"}),
        ("webhook", {"url": "http://h/"}),
        ("email", {"host": "h", "port": 25, "from": "a@b.c"}),
    ],
)
def test_the_common_terms_are_read_by_every_network_service(kind: str, raw: dict[str, Any]) -> None:
    """`timeout` and `maxAge` reach the engine the same way whatever the type."""
    read, warnings = TYPES[kind].options({**raw, "timeout": "7s", "maxAge": "30m"})
    assert warnings == []
    assert isinstance(read, Terms)
    assert (read.timeout_s, read.max_age_s) == (7.0, 1800.0)


@pytest.mark.parametrize("url", ["https://h/api", "https://h/api/", "https://h/api//"])
def test_the_api_url_has_one_final_slash(url: str) -> None:
    """With or without the slash, as upstream's own documents have it both ways."""
    assert TYPES["slack"].options({"token": "t", "apiURL": url})[0].api_url == "https://h/api/"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("5s", 5.0), ("1m30s", 90.0), ("100ms", 0.1), (2_000_000_000, 2.0), (0, 0.0)],
)
def test_durations_are_texts_or_nanoseconds(given: object, seconds: float) -> None:
    """Both forms that upstream's configurations have are read."""
    assert options.Options({"d": given}, ("d",)).duration_s("d", 9.0) == seconds


@pytest.mark.parametrize(("given", "seconds"), [("10s", 10.0), (10, 10.0), (None, None)])
def test_the_timeout_is_the_services_own_or_the_daemons(
    given: object, seconds: float | None
) -> None:
    """Without `timeout` the daemon's setting holds."""
    assert options.Options({"timeout": given}, ("timeout",)).timeout_s() == seconds


def test_no_option_shows_a_secret() -> None:
    """The printed options of every service hold no credential, URL path or header value."""
    secret = "canary-7f3a"
    raws: dict[str, dict[str, Any]] = {
        "slack": {"token": secret},
        "webhook": {
            "url": f"https://{secret}:{secret}@h.example/{secret}?{secret}",
            "headers": [{"name": "Authorization", "value": secret}],
            "basicAuth": {"username": secret, "password": secret},
            "signing": {"secretRef": secret, "previousSecretRef": secret},
        },
        "email": {
            "host": "h", "port": 587, "from": "a@b.c", "username": secret, "password": secret,
        },
    }  # fmt: skip
    for kind, raw in raws.items():
        read, warnings = TYPES[kind].options(raw)
        assert secret not in f"{read!r} {read} {warnings}"


def test_options_can_be_compared_and_kept_in_tables() -> None:
    """Equal configurations are equal, so pools and clients survive a reload."""
    for kind, raw in {
        "slack": {"token": "t"},
        "webhook": {"url": "http://h/", "headers": [{"name": "A", "value": "b"}]},
        "email": {"host": "h", "port": 25, "from": "a@b.c", "password": "p", "username": "u"},
    }.items():
        one, two = TYPES[kind].options(raw)[0], TYPES[kind].options(raw)[0]
        assert one == two
        assert hash(one) == hash(two)
    assert Secret("a") != Secret("b")
