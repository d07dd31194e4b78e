"""How results are printed: text for people, JSON lines or YAML for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

import click

from notifier.core.errors import Problem

F = TypeVar("F", bound=Callable[..., Any])

COLORS: Final = {
    "delivered": "green",
    "sent": "green",
    "pending": "blue",
    "sending": "blue",
    "retry": "yellow",
    "ambiguous": "yellow",
    "parked": "yellow",
    "dead": "red",
    "error": "red",
    "warning": "yellow",
}


def output_option(*choices: str) -> Callable[[F], F]:
    """Return the `--output/-o` option with these forms; the first is the default."""
    return click.option(
        "--output",
        "-o",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="Form of the result.",
    )


def emit(data: Any, output: str) -> None:
    """Print one result as `json` (one line) or `yaml`."""
    if output == "json":
        import orjson

        click.echo(orjson.dumps(data, default=str).decode())
    else:
        click.echo(as_yaml(data), nl=False)


def as_yaml(data: Any) -> str:
    """Return data as YAML, long texts as blocks, in the order given."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes texts of several lines as block scalars."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000)


def visible(data: Any) -> Any:
    """Return data with every unprintable character written as an escape.

    Recipients and annotations are a tenant's: they must not drive the terminal of whoever reads
    them.
    """
    match data:
        case str():
            return "".join(
                each if each.isprintable() else each.encode("unicode_escape").decode()
                for each in data
            )
        case dict():
            return {visible(key): visible(value) for key, value in data.items()}
        case list():
            return [visible(item) for item in data]
        case _:
            return data


def paint(word: str) -> str:
    """Return a state or severity in its colour."""
    return click.style(word, fg=COLORS[word]) if word in COLORS else word


def heading(text: str) -> None:
    """Print a heading."""
    click.echo(click.style(text, bold=True))


def table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, headings_shown: bool = True
) -> None:
    """Print rows in columns as wide as their content; words with a colour get it."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    if headings_shown:
        padded = (name.ljust(width) for name, width in zip(headings, widths, strict=True))
        heading("  ".join(padded).rstrip())
    for row in cells:
        painted = (
            paint(cell) + " " * (width - len(cell)) for cell, width in zip(row, widths, strict=True)
        )
        click.echo("  ".join(painted).rstrip())


def problem_line(problem: Problem) -> str:
    """Return `file:line:col: severity: key field: message (fix)`."""
    place = problem.document
    if problem.line:
        place += f":{problem.line}" + (f":{problem.column}" if problem.column else "")
    what = " ".join(part for part in (problem.key, problem.field) if part)
    fix = f" ({problem.fix})" if problem.fix else ""
    return f"{place}: {paint(problem.severity)}: {what}: {problem.message}{fix}"
