"""`notifier catalogue`: the triggers and templates that are there without any configuration."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any, Literal

import click

from notifier.cli import printing
from notifier.cli.failures import Failure

Kind = Literal["triggers", "templates"]


@click.command()
@click.argument("name", required=False)
@printing.output_option("text", "name", "json", "yaml")
def command(name: str | None, output: str) -> None:
    """List the shipped triggers and templates, or print one.

    What is printed goes into the ConfigMap under `trigger.NAME` or `template.NAME` to change it.

    Example: notifier catalogue on-rollout-aborted
    """
    if name is None:
        _list(output)
        return
    found = [(kind, text) for kind in _KINDS if (text := texts(kind).get(name)) is not None]
    if not found:
        raise Failure(f"no trigger or template is called {name}; `notifier catalogue` lists them")
    for kind, text in found:
        if output in ("json", "yaml"):
            printing.emit({"kind": kind, "name": name, "item": _parsed(text)}, output)
        elif output == "name":
            click.echo(f"{kind}/{name}")
        else:
            printing.heading(f"# {kind}/{name}")
            click.echo(text.rstrip())


_KINDS: tuple[Kind, ...] = ("triggers", "templates")


def texts(kind: Kind) -> Mapping[str, str]:
    """Return the text of every item by its name."""
    folder = resources.files("notifier._catalogue").joinpath(kind)
    return {
        item.name.removesuffix(".yaml"): item.read_text(encoding="utf-8")
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".yaml")
    }


def _list(output: str) -> None:
    rows = [
        {"kind": kind, "name": name, "description": str(_parsed(text).get("description", ""))}
        for kind in _KINDS
        for name, text in texts(kind).items()
    ]
    if output in ("json", "yaml"):
        for row in rows:
            printing.emit(row if output == "json" else [row], output)
    elif output == "name":
        for row in rows:
            click.echo(f"{row['kind']}/{row['name']}")
    else:
        lines = [(row["kind"], row["name"], row["description"]) for row in rows]
        printing.table(("KIND", "NAME", "DESCRIPTION"), lines)


def _parsed(text: str) -> Mapping[str, Any]:
    from notifier.core import yamltext

    value = yamltext.read(text).value
    return value if isinstance(value, Mapping) else {}
