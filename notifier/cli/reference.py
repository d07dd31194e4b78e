"""The reference of commands and settings, from the declarations themselves: `docs/cli.md`.

`python -m notifier.cli.reference > docs/cli.md` writes it; a test compares.
"""

from __future__ import annotations

import ast
import inspect
import sys
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Final

import click

from notifier.cli import main, settings_loading
from notifier.cli.settings_values import SettingField
from notifier.core import settings

_HEAD: Final = """\
# Command line and settings

Generated from the declarations by `python -m notifier.cli.reference`; a test compares.

Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 the answer
is no or the work failed, 2 wrong usage or unreadable input, 3 daemon, cluster or store unreachable.
"""

_SETTINGS: Final = """\
## Settings of `notifier run`

By file (`--config`, YAML: section, then field), environment variable or `--set`
(section.field=value); later ones win. In a variable or flag, lists are separated by commas
and maps are written `name=value,name=value`.
"""


def text() -> str:
    """Return the whole page."""
    context = click.Context(main, info_name="notifier")
    parts = [_HEAD, *_commands(main, context), _SETTINGS, *_settings()]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _commands(command: click.Command, context: click.Context) -> Iterator[str]:
    yield _command(command, context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _commands(below, click.Context(below, info_name=name, parent=context))


def _command(command: click.Command, context: click.Context) -> str:
    pieces = " ".join(command.collect_usage_pieces(context))
    lines = [f"## `{context.command_path}`", "", f"```\n{context.command_path} {pieces}\n```", ""]
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        lines += [_example(" ".join(paragraph.split())), ""]
    records = [record for option in command.params if (record := _option(option, context))]
    if records:
        lines += ["| Option | Meaning |", "| --- | --- |", *records, ""]
    return "\n".join(lines)


def _example(paragraph: str) -> str:
    start, marker, command = paragraph.partition("notifier ")
    if start in ("Example: ", "Examples: ", "") and marker:
        return f"{start}`{marker}{command}`"
    return paragraph


def _option(option: click.Parameter, context: click.Context) -> str:
    record = option.get_help_record(context)
    if record is None:
        return ""
    names, meaning = (part.replace("|", "\\|") for part in record)
    return f"| `{names}` | {meaning} |"


def _settings() -> Iterator[str]:
    documented = {
        section: _docstrings(kind)
        for section, kind in typing.get_type_hints(settings.Settings).items()
    }
    rows = ["| Setting | Variable | Type | Default | Meaning |", "| --- | --- | --- | --- | --- |"]
    for field in settings_loading.fields().values():
        meaning = documented[field.section][field.name]
        names = f"`{field.path}` | `{field.variable}`"
        rows.append(f"| {names} | {_type(field)} | {_default(field)} | {meaning} |")
    yield "\n".join(rows)


def _docstrings(kind: type) -> Mapping[str, str]:
    """Return the text under each field of a dataclass."""
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 - a class was given
    found: dict[str, str] = {}
    for node, following in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(node, ast.AnnAssign) and isinstance(following, ast.Expr):
            value = following.value
            if isinstance(node.target, ast.Name) and isinstance(value, ast.Constant):
                found[node.target.id] = " ".join(str(value.value).split())
    return found


def _type(field: SettingField) -> str:
    kind: Any = field.type
    origin = typing.get_origin(kind)
    if origin is typing.Literal:
        return ", ".join(f"`{choice}`" for choice in typing.get_args(kind))
    if origin is tuple:
        return "list of texts"
    if origin is not None:
        return "map of numbers"
    return {str: "text", int: "whole number", float: "number", bool: "true or false"}[kind]


def _default(field: SettingField) -> str:
    value = field.default
    if value in ("", (), {}):
        return "–"
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return f"`{shown.lower() if isinstance(value, bool) else shown}`"


if __name__ == "__main__":
    sys.stdout.write(text())
