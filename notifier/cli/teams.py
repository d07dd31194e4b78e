"""The configuration of a team from files, compiled exactly as the daemon compiles it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

import click

from notifier.cli import compiling, printing
from notifier.cli.documents import Configured
from notifier.core.compiling import services
from notifier.core.configuration import Configuration
from notifier.core.errors import Problem

_UNKNOWN: Final = (
    "without --central, services, triggers and templates of the operator's ConfigMap are not known"
)


def central(files: Sequence[str], settings: str) -> Configuration:
    """Return the operator's configuration from files, the catalogue alone if there are none.

    Errors in it are the operator's, and so are services that cannot be read without the operator's
    Secret: they are said on standard error, but stop nothing. Raises `ConfigError`.
    """
    if not files:
        click.echo(_UNKNOWN, err=True)
    configured = compiling.read(files, "", settings)
    configuration, problems = compiling.compiled(configured)
    for problem in problems:
        if problem.severity == "error" or _is_of(problem, configuration.broken_services):
            click.echo(printing.problem_line(problem), err=True)
    return configuration


def _is_of(problem: Problem, names: Collection[str]) -> bool:
    found = services.names(problem.key) if problem.key.startswith("service.") else None
    return found is not None and found[1] in names


def compiled(
    configured: Configured, namespace: str, operators: Configuration, settings: str
) -> tuple[Configuration, list[Problem]]:
    """Return the configuration of a team over the operator's, and its problems at their places in
    the files. `settings` is the file of the daemon's settings, if one was given.

    Raises `SettingsError`.
    """
    from notifier.app import teams

    configuration = teams.compiled(
        configured.settings,
        namespace,
        configured.data,
        compiling.secret_of(configured),
        operators,
    )
    problems = [
        *compiling.placed(configured, configuration.problems),
        *compiling.annotated(configured, [configuration], operators, namespace),
        *_unread(configured, namespace, settings),
    ]
    return configuration, compiling.in_order(problems)


def _unread(configured: Configured, namespace: str, settings: str) -> Iterator[Problem]:
    """Yield why the daemon would not read this ConfigMap at all, as far as files can tell."""
    own = configured.settings.self_service
    name = own.config_map or configured.settings.configuration.config_map
    if configured.name not in ("", name) and configured.named_at:
        yield configured.named_at.locate(
            Problem(
                document="",
                key="metadata.name",
                message="notifier reads the ConfigMap of another name",
                fix=f"call it {name}",
                severity="warning",
            )
        )
    if not settings:
        return
    listed = not own.namespaces or namespace in own.namespaces or own.namespace_selector
    if not own.enabled:
        yield _setting(settings, "enabled", "is off: no ConfigMap of a team is read", "set it true")
    elif not listed:
        yield _setting(settings, "namespaces", f"does not list {namespace}", f"add {namespace}")


def _setting(document: str, name: str, message: str, fix: str) -> Problem:
    return Problem(
        document=document,
        key=f"self_service.{name}",
        message=message,
        fix=fix,
        severity="warning",
    )
