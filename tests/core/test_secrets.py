"""Values of a Secret: put in once, never shown."""

from __future__ import annotations

import json
import pickle

import pytest

from notifier.core import secrets
from notifier.core.secrets import Secret, Substituted

ENTRIES = {
    "token": b"xoxb-1",
    "key": b"name",
    "nested": b"$token",
    "line": b"value\n",
    "bytes": b"\xff",
    "big": b"x" * 600_000,
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("$token", "xoxb-1"),
        ("Bearer $token!", "Bearer xoxb-1!"),
        ("$key-$token", "$key-xoxb-1"),
        ("$key:$token", "name:xoxb-1"),
        ("$nested", "$token"),
        ("$", "$"),
        ("$$token", "$xoxb-1"),
        ("$.key", "$.key"),
        ({"$key": ["$token", 1, True, None]}, {"name": ["xoxb-1", 1, True, None]}),
        ("$line", "value\n"),
        ({1: "$key"}, {1: "name"}),
    ],
)
def test_each_reference_is_replaced_once(value: object, expected: object) -> None:
    """Every `$name` of an entry is replaced, keys included, and the result not scanned again."""
    assert secrets.substitute(value, ENTRIES).value == expected


def test_what_came_from_a_secret_is_marked_and_hidden() -> None:
    """Decoders can tell, and a dump of the options shows nothing."""
    result = secrets.substitute({"port": "$token", "host": "h"}, ENTRIES).value
    assert isinstance(result["port"], Substituted)
    assert not isinstance(result["host"], Substituted)
    assert repr(result) == "{'port': ***, 'host': 'h'}"
    assert json.dumps(result["port"]) == '"xoxb-1"'


def test_missing_entries_are_listed_with_their_path() -> None:
    """A header's value goes by the header's name."""
    value = {"headers": [{"Name": "Authorization", "value": "$none"}, {"x": "$other"}], "$no": 1}
    missing = secrets.substitute(value, ENTRIES).missing
    assert [(item.reference, item.path) for item in missing] == [
        ("none", ("headers", "0", "Authorization")),
        ("other", ("headers", "1", "x")),
        ("no", ()),
    ]
    assert [item.guarded(frozenset({"token"})) for item in missing] == [True, False, False]
    assert missing[1].guarded(frozenset({"Headers"}))


def test_faults_of_entries() -> None:
    """A final newline is noted, bytes that are no text and amplification are errors."""
    assert secrets.substitute("$line", ENTRIES).newlines == ("line",)
    assert secrets.substitute("$bytes", ENTRIES).errors == (
        "the Secret's entry bytes is not UTF-8",
    )
    bomb = secrets.substitute("$big " * 1_000, ENTRIES)
    assert len(bomb.errors) == 1
    assert "more than" in bomb.errors[0]
    assert len(bomb.value) < 2 * secrets.MAX_CHARACTERS
    assert secrets.substitute("$token", ENTRIES).used == {"token"}


def test_a_secret_shows_nothing() -> None:
    """Printing, formatting and pickling give nothing away."""
    secret = Secret("xoxb-1")
    assert "xoxb" not in f"{secret} {secret!r} {secret!s} {[secret]}"
    assert secret.reveal() == "xoxb-1"
    assert secret == Secret("xoxb-1")
    assert secret != "xoxb-1"
    assert len({secret, Secret("xoxb-1")}) == 1
    assert not Secret("")
    with pytest.raises(TypeError, match="not serialised"):
        pickle.dumps(secret)
