"""Sprig's JSON: reading and writing (traps 6 and 20). Where JSON cannot hold a value, or a text is
no JSON, the `must…` names fail; the plain ones give nothing, but for `toRawJson`."""

from __future__ import annotations

from typing import Any, Final

from notifier.languages.golang import jsontext, runs
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig.forgiving import otherwise

_INDENT: Final = "  "


@register("string -> any", '{{(fromJson "{\\"a\\":1.5}").a}}', "1.5", "fromJson", metered=True)
def from_json(run: runs.Run, text: str) -> Any:
    """Return what the JSON text holds, nil if it is none."""
    return otherwise(None, must_from_json, run, text)


@register(
    "string -> any", '{{(mustFromJson "{\\"a\\":1.5}").a}}', "1.5", "mustFromJson", metered=True
)
def must_from_json(run: runs.Run, text: str) -> Any:
    """Return what the JSON text holds. Fails if it is none."""
    run.text(len(text))
    return jsontext.unmarshal(text, run)


@register(
    "any -> string",
    '{{toJson (dict "a" "<b>")}}',
    '{"a":"\\u003cb\\u003e"}',
    "toJson",
    metered=True,
)
def to_json(run: runs.Run, value: Any) -> str:
    """Return the value as JSON; signs of HTML are escaped. Nothing if JSON cannot hold it."""
    return otherwise("", must_to_json, run, value)


@register(
    "any -> string",
    '{{mustToJson (dict "a" "<b>")}}',
    '{"a":"\\u003cb\\u003e"}',
    "mustToJson",
    metered=True,
)
def must_to_json(run: runs.Run, value: Any) -> str:
    """Return the value as JSON; signs of HTML are escaped. Fails if JSON cannot hold it."""
    return jsontext.marshal(value, run=run)


@register(
    "any -> string", '{{toPrettyJson (dict "a" 1)}}', '{\n  "a": 1\n}', "toPrettyJson", metered=True
)
def to_pretty_json(run: runs.Run, value: Any) -> str:
    """Return the value as JSON on several lines. Nothing if JSON cannot hold it."""
    return otherwise("", must_to_pretty_json, run, value)


@register(
    "any -> string",
    '{{mustToPrettyJson (dict "a" 1)}}',
    '{\n  "a": 1\n}',
    "mustToPrettyJson",
    metered=True,
)
def must_to_pretty_json(run: runs.Run, value: Any) -> str:
    """Return the value as JSON on several lines. Fails if JSON cannot hold it."""
    return jsontext.marshal(value, indent=_INDENT, run=run)


@register(
    "any -> string",
    '{{toRawJson (dict "a" "<b>")}}',
    '{"a":"<b>"}',
    "toRawJson",
    "mustToRawJson",
    metered=True,
)
def to_raw_json(run: runs.Run, value: Any) -> str:
    """Return the value as JSON; signs of HTML stay as they are. Fails if JSON cannot hold it."""
    return jsontext.marshal(value, escape_html=False, run=run)
