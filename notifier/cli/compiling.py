"""Configuration from files, compiled exactly as the daemon compiles it."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import click
from typing_extensions import override

from notifier.cli import documents, printing
from notifier.cli.documents import Configured
from notifier.core.configuration import Configuration
from notifier.core.errors import Problem
from notifier.core.settings import ConfigurationSettings

_REFERENCE: Final = re.compile(r"\$[A-Za-z0-9_-]")


class AsWritten(Mapping[str, bytes]):
    """Stands for a Secret that was not given: every reference resolves to itself."""

    @override
    def __getitem__(self, name: str) -> bytes:
        return f"${name}".encode()

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(())

    @override
    def __len__(self) -> int:
        return 0


def read(files: Sequence[str], secret: str) -> Configured:
    """Return ConfigMap and Secret from files. Raises `ConfigError`."""
    names = ConfigurationSettings()
    return documents.configured(
        files, secret=secret, config_map=names.config_map, secret_name=names.secret
    )


def read_aloud(files: Sequence[str], secret: str) -> Configured:
    """Return ConfigMap and Secret; errors in them are said on standard error, but stop nothing.

    For commands that go on with what can be used, as the daemon does; its own log stays quiet.
    """
    logging.getLogger("notifier").setLevel(logging.CRITICAL)
    configured = read(files, secret)
    _, problems = compiled(configured)
    for problem in problems:
        if problem.severity == "error":
            click.echo(printing.problem_line(problem), err=True)
    return configured


def compiled(configured: Configured, *, cluster: str = "") -> tuple[Configuration, list[Problem]]:
    """Return the configuration, and its problems at their places in the files.

    Without a Secret, references stay as written; what is wrong with a value only because of that
    is a warning.
    """
    from notifier.app.compiling import compile_central

    unresolved = configured.secret is None
    configuration = compile_central(
        configured.data,
        AsWritten() if configured.secret is None else configured.secret,
        document=configured.name or "catalogue",
        cluster=cluster,
    )
    problems = [_placed(problem, configured, unresolved) for problem in configuration.problems]
    return configuration, sorted(problems, key=lambda each: (each.document, each.line, each.column))


def _placed(problem: Problem, configured: Configured, unresolved: bool) -> Problem:
    """Return a problem of a key as one of the file that has the key."""
    text = configured.data.get(problem.key, "")
    if unresolved and problem.key.startswith("service.") and _REFERENCE.search(text):
        problem = dataclasses.replace(
            problem,
            severity="warning",
            message=f"{problem.message}; no Secret was given, so references are not resolved",
        )
    origin = configured.origins.get(problem.key)
    return origin.locate(problem) if origin else problem
