"""Configuration from files, compiled exactly as the daemon compiles it."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import click
from typing_extensions import override

from notifier.cli import documents, printing, settings_loading
from notifier.cli.documents import Configured, Manifest
from notifier.core import annotation_checks, exports, yamltext
from notifier.core.configuration import Configuration
from notifier.core.errors import ConfigError, Problem
from notifier.core.settings import ConfigurationSettings, Settings

_REFERENCE: Final = re.compile(r"\$[A-Za-z0-9_-]")
_BOTH_SENDERS: Final = Problem(
    document="",
    key="metadata.name",
    message="the sender built into Argo Rollouts reads this ConfigMap too:"
    " if notifier is set to read it, both may send",
    fix=f"call it {ConfigurationSettings().config_map}",
    severity="warning",
)
_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


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


def read(files: Sequence[str], secret: str, settings: str = "", *, team: str = "") -> Configured:
    """Return ConfigMap and Secret from files, under the daemon's settings in a file: the central
    ones, or those of the namespace `team`. Raises `ConfigError`."""
    chosen = Settings()
    if settings:
        chosen, _ = settings_loading.load(Path(settings), {}, {})
    names, own = chosen.configuration, chosen.self_service
    configured = documents.configured(
        files,
        secret=secret,
        config_map=(own.config_map if team else "") or names.config_map,
        secret_name=(own.secret if team else "") or names.secret,
        namespace=team,
    )
    return dataclasses.replace(configured, settings=chosen)


def read_aloud(files: Sequence[str], secret: str, settings: str = "") -> Configured:
    """Return ConfigMap and Secret; errors in them are said on standard error, but stop nothing.

    For commands that go on with what can be used, as the daemon does; its own log stays quiet.
    """
    logging.getLogger("notifier").setLevel(logging.CRITICAL)
    configured = read(files, secret, settings)
    _, problems = compiled(configured)
    for problem in problems:
        if problem.severity == "error":
            click.echo(printing.problem_line(problem), err=True)
    return configured


def compiled(
    configured: Configured, *, cluster: str = "", strict: bool = False
) -> tuple[Configuration, list[Problem]]:
    """Return the configuration, and its problems at their places in the files.

    Without a Secret, references stay as written; what is wrong with a value only because of that
    is a warning. With `strict`, a template that prints a missing value fails.
    """
    from notifier.app.compiling import compile_central

    configuration = compile_central(
        configured.data,
        secret_of(configured),
        document=configured.name or "catalogue",
        cluster=cluster,
        strict=strict,
        secret_keys=configured.settings.templates.secret_keys,
        allow_functions=configured.settings.templates.allow_functions,
    )
    problems = list(placed(configured, configuration.problems))
    problems += annotated(configured, (), configuration)
    if configured.name == documents.UPSTREAM_CONFIG_MAP and configured.named_at:
        problems.append(configured.named_at.locate(_BOTH_SENDERS))
    return configuration, in_order(problems)


def secret_of(configured: Configured) -> Mapping[str, bytes]:
    """Return the Secret, or what stands for one that was not given."""
    return AsWritten() if configured.secret is None else configured.secret


def in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Return problems as they stand in the files."""
    return sorted(problems, key=lambda each: (each.document, each.line, each.column))


def annotated(
    configured: Configured,
    own: Sequence[Configuration],
    central: Configuration,
    namespace: str = "default",
) -> Iterator[Problem]:
    """Yield what is wrong with the annotations of Rollouts among the files, at their places.

    `own` is the configuration of their team, if they have one; `namespace` that of Rollouts which
    name none.
    """
    for manifest in configured.rollouts:
        where = manifest.namespace or namespace
        yield from _annotated(manifest, where, [*own, exports.for_annotations(central, where)])


def _annotated(
    manifest: Manifest, namespace: str, configurations: Sequence[Configuration]
) -> Iterator[Problem]:
    annotations = manifest.metadata.get("annotations")
    if not isinstance(annotations, Mapping):
        return
    name = f"{namespace}/{manifest.name}"
    for problem in annotation_checks.check(annotations, configurations, document=name):
        origin = manifest.origin("metadata", "annotations", problem.key)
        yield dataclasses.replace(origin.locate(problem), field=name)


def placed(configured: Configured, problems: Sequence[Problem]) -> Iterator[Problem]:
    """Yield problems of keys as those of the files that have the keys."""
    unresolved = configured.secret is None
    return (_placed(problem, configured, unresolved) for problem in problems)


def _placed(problem: Problem, configured: Configured, unresolved: bool) -> Problem:
    text = configured.data.get(problem.key, "")
    if unresolved and problem.severity == "error" and _by_reference(problem, text):
        problem = dataclasses.replace(
            problem,
            severity="warning",
            message=f"{problem.message}; no Secret was given, so references are not resolved",
        )
    if not problem.key:
        origin = configured.secret_origins.get(problem.field)
        if not problem.field:
            origin = configured.named_at
    else:
        origin = configured.origins.get(problem.key)
        problem = _within(problem, text)
    return origin.locate(problem) if origin else problem


def _by_reference(problem: Problem, text: str) -> bool:
    """Say whether the option of a service that a problem names is, or holds, a reference."""
    if not problem.key.startswith("service.") or not problem.field:
        return False
    value = _document(text).value
    for step in _steps(problem.field):
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return bool(_REFERENCE.search(str(value or "")))


def _within(problem: Problem, text: str) -> Problem:
    """Return a problem with a field but no line at the line of the field."""
    if problem.line or not problem.field:
        return problem
    place = _document(text).place(*_steps(problem.field))
    return dataclasses.replace(problem, line=place.line, column=place.column)


def _steps(field: str) -> Iterator[str | int]:
    return (int(number) if number else name for number, name in _STEP.findall(field))


def _document(text: str) -> yamltext.Document:
    try:
        return yamltext.read(text)
    except ConfigError:
        return yamltext.Document()
