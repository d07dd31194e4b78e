"""`notifier run`: the daemon."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click


@click.command()
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Settings of the daemon (YAML).",
)
@click.option("--kubeconfig", metavar="FILE", help="Cluster to observe; in a pod: its own.")
@click.option("--context", metavar="NAME", help="Context of the kubeconfig.")
@click.option("--namespace", "-n", multiple=True, help="Observe only this one; repeatable.")
@click.option("--shadow", is_flag=True, help="Do everything but send; rows end as `shadow`.")
@click.option("--log-format", type=click.Choice(["json", "text"]), help="Form of the log lines.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="Lowest level that is written.",
)
@click.option(
    "--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Any setting; repeatable."
)
def command(
    config: Path | None,
    kubeconfig: str | None,
    context: str | None,
    namespace: Sequence[str],
    shadow: bool,
    log_format: str | None,
    log_level: str | None,
    assignments: Sequence[str],
) -> None:
    """Observe rollouts and deliver messages, until stopped.

    Settings come from the file, then from the environment (NOTIFIER_SECTION_FIELD), then from
    flags; later ones win. Nothing is printed on standard output.

    Example: notifier run --kubeconfig ~/.kube/config --set store.path=./notifier.db
    """
    from notifier.cli import settings_loading

    flags: dict[str, str | Sequence[str]] = dict(map(_assignment, assignments))
    named = {
        "cluster.kubeconfig": kubeconfig,
        "cluster.context": context,
        "cluster.namespaces": namespace,
        "delivery.shadow": "true" if shadow else None,
        "log.format": log_format,
        "log.level": log_level,
    }
    flags |= {path: value for path, value in named.items() if value}
    environment = dict(os.environ)
    if config is None and sys.stderr.isatty():
        environment.setdefault("NOTIFIER_LOG_FORMAT", "text")
    settings, warnings = settings_loading.load(config, environment, flags)

    from notifier.app import running

    running.main(settings, warnings)


def _assignment(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} has no `=`", param_hint="--set")
    return path, value
