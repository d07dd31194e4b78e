"""`notifier check`: configuration compiled as the daemon does, with every fault at its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from notifier.cli import printing
from notifier.cli.failures import Failure
from notifier.cli.inputs import inputs
from notifier.core.errors import Problem

if TYPE_CHECKING:
    from notifier.core.configuration import Configuration


@click.command()
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--config", "configs", multiple=True, metavar="FILE|-", help="The same as FILE.")
@inputs
@click.option("--team", default="", metavar="NAMESPACE", help="Check as the team's that owns it.")
@click.option(
    "--central",
    "centrals",
    multiple=True,
    metavar="FILE",
    help="The operator's ConfigMap, on which a team's stands.",
)
@click.option("--strict", is_flag=True, help="Warnings are errors.")
@printing.output_option("text", "json", "yaml")
def command(
    files: Sequence[str],
    configs: Sequence[str],
    config_maps: Sequence[str],
    secret: str,
    settings: str,
    team: str,
    centrals: Sequence[str],
    strict: bool,
    output: str,
) -> None:
    """Check ConfigMap and Secret: faults, unknown keys, names that lead nowhere.

    Give manifests, or excerpts that begin with `data:`; `-` is standard input. Without the Secret
    its references are not looked up. Annotations of Rollouts among the files are checked too. Ends
    with 1 if anything is an error; says which language each template is in.

    With --team, ConfigMap and Secret are those of a namespace that configures itself, and what
    holds for teams is checked: https and ports, headers, budgets of templates, what the operator
    exports. Give the operator's ConfigMap with --central, and what is opened for teams with
    --settings.

    With `-o json`, one line per problem: apiVersion, file, line, column, key, field, severity,
    message, fix.

    Examples: notifier check notifications.yaml

    notifier check notifications.yaml --secret secret.yaml --strict

    notifier check payments.yaml --team payments --central notifications.yaml
    """
    from notifier.cli import compiling, teams

    given = [*files, *configs, *config_maps]
    if not given:
        raise click.UsageError("give at least one file; `-` reads standard input")
    if centrals and not team:
        raise click.UsageError("--central goes with --team")
    configured = compiling.read(given, secret, settings, team=team)
    if team:
        operators = teams.central(centrals, settings)
        configuration, problems = teams.compiled(configured, team, operators, settings)
    else:
        configuration, problems = compiling.compiled(configured)
    _show(problems, output)
    summary = _summary(configuration, problems)
    if any(strict or one.severity == "error" for one in problems):
        raise Failure(summary)
    if output == "text":
        click.echo(summary, err=True)
        for line in _languages(configuration, configured.data):
            click.echo(line, err=True)


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


def _summary(configuration: Configuration, problems: Sequence[Problem]) -> str:
    errors = sum(1 for one in problems if one.severity == "error")
    return (
        f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')};"
        f" {_count(len(configuration.services), 'service')},"
        f" {_count(len(configuration.triggers), 'trigger')},"
        f" {_count(len(configuration.templates), 'template')} usable"
    )


def _languages(configuration: Configuration, written: Mapping[str, str]) -> Sequence[str]:
    """Say which language each template of the files is in; texts without syntax are in none."""
    names = sorted(key.removeprefix("template.") for key in written if key.startswith("template."))
    known = configuration.templates
    width = max(map(len, names), default=0)
    return [f"  {name:{width}}  {known[name].engine}" for name in names if name in known]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
