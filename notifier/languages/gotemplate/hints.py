"""How to repair what people write in templates and Go refuses (templates.md 1.3)."""

from __future__ import annotations

from typing import Final

_OF_HELM: Final = frozenset(
    ("toYaml", "fromYaml", "include", "required", "tpl", "lookup", "toToml", "fromYamlArray")
)
_BEGINNINGS: Final = (
    ("bad character U+005B", "an item of a list is written (index .list 0)"),
    ('unexpected "\\\\" in operand', 'inside {{ }} quotes need no backslash: write "text"'),
    ("unterminated quoted string", "close the string on its line, or put it in backquotes"),
    ("missing value for", "an action needs a value: write {{ .name }}"),
)


def of(message: str) -> str:
    """Return the hint for a parse error, by its words; empty where there is none."""
    for beginning, hint in _BEGINNINGS:
        if message.startswith(beginning):
            return hint
    name = message.removeprefix('function "').removesuffix('" not defined')
    if name in _OF_HELM:
        return f"{name} exists in Helm charts only"
    return ""
