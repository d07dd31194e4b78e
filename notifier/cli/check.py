"""`notifier check`: configuration compiled as the daemon does, with every fault at its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from notifier.cli import printing
from notifier.cli.failures import Failure
from notifier.cli.inputs import inputs
from notifier.core.errors import Problem


@click.command()
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--config", "configs", multiple=True, metavar="FILE|-", help="The same as FILE.")
@inputs
@click.option("--strict", is_flag=True, help="Warnings are errors.")
@printing.output_option("text", "json", "yaml")
def command(
    files: Sequence[str],
    configs: Sequence[str],
    config_maps: Sequence[str],
    secret: str,
    strict: bool,
    output: str,
) -> None:
    """Check ConfigMap and Secret: faults, unknown keys, names that lead nowhere.

    Give manifests; `-` is standard input. Ends with 1 if anything is an error.

    Example: notifier check notifications.yaml --secret :empty
    """
    from notifier.cli import compiling

    given = [*files, *configs, *config_maps]
    if not given:
        raise click.UsageError("give at least one file; `-` reads standard input")
    configured = compiling.read(given, secret)
    configuration, problems = compiling.compiled(configured)
    _show(problems, output)
    wrong = [one for one in problems if strict or one.severity == "error"]
    if output == "text":
        _summary(configuration, problems)
    if wrong:
        raise Failure(f"{len(wrong)} of {len(configured.data)} keys or items need attention")


def _show(problems: Sequence[Problem], output: str) -> None:
    for problem in problems:
        if output == "text":
            click.echo(printing.problem_line(problem))
        elif output == "json":
            printing.emit(_record(problem), output)
        else:
            printing.emit([_record(problem)], output)


def _record(problem: Problem) -> Mapping[str, Any]:
    return {
        "apiVersion": "notifier/v1",
        "file": problem.document,
        "line": problem.line,
        "column": problem.column,
        "key": problem.key,
        "field": problem.field,
        "severity": problem.severity,
        "message": problem.message,
        "fix": problem.fix,
    }


def _summary(configuration: Any, problems: Sequence[Problem]) -> None:
    errors = sum(1 for one in problems if one.severity == "error")
    usable = (
        f"{len(configuration.services)} services, {len(configuration.triggers)} triggers,"
        f" {len(configuration.templates)} templates usable"
    )
    click.echo(f"{errors} errors, {len(problems) - errors} warnings; {usable}", err=True)
