"""What may be done with a secret that a template sees: printing it (security.md S10)."""

from __future__ import annotations

import pytest

from notifier.languages import TEMPLATES, LanguageError
from notifier.languages.golang.values import SEAL, Sealed

GO = TEMPLATES["go"]
DATA = {"secrets": {"k": Sealed(f"{SEAL}text", f"{SEAL}numbers")}, "s": "x"}
REFUSED = "a secret can be printed, but not changed or looked into"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{.secrets.k}}", f"{SEAL}numbers"),
        ("{{toString .secrets.k}}", f"{SEAL}text"),
        ('{{printf "Bearer %s" .secrets.k}}', f"Bearer {SEAL}text"),
        ('{{cat "a" (toString .secrets.k)}}', f"a {SEAL}text"),
        ('{{join "," (list .s (toString .secrets.k))}}', f"x,{SEAL}text"),
        ("{{upper .s}}{{.secrets.none}}", "X<no value>"),
    ],
)
def test_it_is_printed(text: str, expected: str) -> None:
    """As text or as Go prints bytes, alone or beside other texts."""
    assert GO.compile(text).render(DATA) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{toString .secrets.k | b64enc}}",
        "{{toString .secrets.k | upper}}",
        "{{sha256sum (toString .secrets.k)}}",
        "{{reverse (list (toString .secrets.k))}}",
        '{{toJson (dict "a" (dict "b" (toString .secrets.k)))}}',
        '{{contains "t" (toString .secrets.k)}}',
        "{{quote (toString .secrets.k)}}",
    ],
)
def test_nothing_else_is_done_with_it(text: str) -> None:
    """Also where it is inside a list or a map."""
    with pytest.raises(LanguageError, match=REFUSED):
        GO.compile(text).render(DATA)
