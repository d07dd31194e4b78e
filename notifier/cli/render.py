"""`notifier render`: what would be sent, offline, through the daemon's own planning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import click

from notifier.cli import printing
from notifier.cli.failures import Failure
from notifier.cli.inputs import inputs

if TYPE_CHECKING:
    from notifier.cli.documents import Configured
    from notifier.core.model import Delivery, Verdict

RECIPIENT: Final = "recipient"

_PLACEHOLDERS: Final = {
    "console": ("service.console", "{}"),
    "slack": ("service.slack", "token: $slack-token"),
    "webhook": ("service.webhook.webhook", "url: https://receiver.example/"),
    "email": ("service.email", "{host: mail.example, port: 587, from: notifier@mail.example}"),
}
"""What stands for a service that the files do not configure: rendering needs no credential."""


@click.command()
@click.option("--template", metavar="NAME", help="Render this template.")
@click.option("--trigger", metavar="NAME", help="Render what this trigger sends, if it fires.")
@click.option("--config", "configs", multiple=True, metavar="FILE|-", help="ConfigMap and Secret.")
@inputs
@click.option("--object", "object_file", metavar="FILE", help="Rollout; else a bundled example.")
@click.option("--analysis-run", "run_file", metavar="FILE", help="AnalysisRuns of the Rollout.")
@click.option("--service", default="console", show_default=True, help="Through this service.")
@click.option("--recipient", default=RECIPIENT, show_default=True, help="To this recipient.")
@click.option("--cluster", default="", help="Name of the cluster in the message.")
@printing.output_option("text", "json", "yaml")
def command(
    template: str | None,
    trigger: str | None,
    configs: Sequence[str],
    config_maps: Sequence[str],
    secret: str,
    object_file: str | None,
    run_file: str | None,
    service: str,
    recipient: str,
    cluster: str,
    output: str,
) -> None:
    """Show the message that a template or trigger gives, for a Rollout or a bundled example.

    Ends with 1 if the trigger does not fire or the template fails.

    Example: notifier render --trigger on-rollout-aborted --service slack
    """
    from notifier.cli import compiling

    if bool(template) == bool(trigger):
        raise click.UsageError("give either --template or --trigger")
    if run_file and not object_file:
        raise click.UsageError("--analysis-run needs --object")
    configured = compiling.read_aloud([*configs, *config_maps], secret)
    name = trigger or _trigger_of(str(template))
    data = _asked(configured, name, template, service, recipient)
    if object_file:
        found = _planned(configured, data, name, object_file, run_file, cluster)
    else:
        found = _replayed(configured, data, name, cluster)
    deliveries, verdicts = found
    mine = [row for row in deliveries if row.destination.service == service]
    own = [one for one in verdicts if one.service in (service, "")]
    for row in mine:
        _print(row, output)
    _report(own, printed=bool(mine))


def _trigger_of(template: str) -> str:
    """Return the shipped trigger whose transition a template is most likely about."""
    from notifier.core.lifecycle import NINE

    return next((name for name in NINE if name.removeprefix("on-") in template), NINE[0])


def _asked(
    configured: Configured, trigger: str, template: str | None, service: str, recipient: str
) -> Mapping[str, str]:
    """Return the ConfigMap with one subscription, the one that is asked for."""
    import json

    data = dict(configured.data)
    if service in _PLACEHOLDERS:
        key, options = _PLACEHOLDERS[service]
        if not any(_names(existing, service) for existing in data):
            data[key] = options
    if template is not None:
        data[f"trigger.{trigger}"] = json.dumps([{"send": [template]}])
    wish = {"recipients": [f"{service}:{recipient}"], "triggers": [trigger]}
    data["subscriptions"] = json.dumps([wish])
    return data


def _names(key: str, service: str) -> bool:
    """Say whether a ConfigMap key configures the service of this name."""
    return key.startswith("service.") and key.rpartition(".")[2] == service


Found = tuple[Sequence["Delivery"], Sequence["Verdict"]]


def _replayed(configured: Configured, data: Mapping[str, str], trigger: str, cluster: str) -> Found:
    """Return what the last bundled transition of this trigger leads to."""
    import asyncio

    from notifier.app import replaying
    from notifier.kube import streams

    with resources.as_file(resources.files("notifier.cli").joinpath("demo_recordings")) as folder:
        files = sorted(folder.glob("**/*.jsonl.gz"))
        timeline = streams.load(files)
    lines = asyncio.run(replaying.replay(timeline, data, configured.secret, cluster=cluster))
    of_trigger = [line for line in lines if line.event.transition.trigger == trigger]
    if not of_trigger:
        raise Failure(f"no bundled example of {trigger}; give a Rollout with --object")
    return of_trigger[-1].deliveries, of_trigger[-1].verdicts


def _planned(
    configured: Configured,
    data: Mapping[str, str],
    trigger: str,
    object_file: str,
    run_file: str | None,
    cluster: str,
) -> Found:
    """Return what the plan of a transition on this very object leads to."""
    import dataclasses

    from notifier.app.daemon import SystemClock
    from notifier.cli import compiling, documents
    from notifier.core import planning
    from notifier.core.context import Evidence
    from notifier.core.model import Event, ObjectRef, Transition, event_id

    rollout = documents.objects(object_file, "Rollout")[0]
    runs = documents.objects(run_file, "AnalysisRun") if run_file else []
    metadata = rollout.get("metadata") or {}
    reference = ObjectRef(
        kind="Rollout",
        namespace=str(metadata.get("namespace") or "default"),
        name=str(metadata.get("name") or ""),
        uid=str(metadata.get("uid") or ""),
    )
    annotations = metadata.get("annotations") or {}
    transition = Transition(
        trigger=trigger,
        reason="".join(part.title() for part in trigger.removeprefix("on-").split("-")),
        rollout=reference,
        key="render",
        resource_version=str(metadata.get("resourceVersion") or ""),
        facts={"revision": str(annotations.get("rollout.argoproj.io/revision") or "")},
    )
    configuration, _ = compiling.compiled(
        dataclasses.replace(configured, data=data), cluster=cluster
    )
    now = SystemClock().now()
    plan = planning.plan(
        Event(id=event_id(cluster, "render"), transition=transition, observed_at=now),
        Evidence(rollout=rollout, run=runs[0] if runs else None, runs=runs or None),
        [configuration],
        now=now,
        policy=planning.Policy(cluster=cluster),
    )
    return plan.deliveries, plan.verdicts


def _print(row: Delivery, output: str) -> None:
    from notifier.web import shapes

    body = shapes.payload(row.payload, lambda text: text)
    if output == "text":
        click.echo(body if isinstance(body, str) else printing.as_yaml(body).rstrip())
        return
    record: dict[str, Any] = {
        "apiVersion": shapes.API_VERSION,
        "trigger": row.trigger,
        "template": row.template,
        "service": row.destination.service,
        "recipient": row.destination.recipient,
        "body": body,
    }
    printing.emit(record, output)


def _report(verdicts: Sequence[Verdict], *, printed: bool) -> None:
    """Fail if nothing came out, or if what came out stands for a template that failed."""
    reasons = [
        f"{one.decision}: {one.detail}" if one.detail else str(one.decision) for one in verdicts
    ]
    failed = [one.detail for one in verdicts if one.detail.startswith("template failed")]
    if failed:
        raise Failure("; ".join(failed))
    if not printed:
        raise Failure("nothing would be sent: " + ("; ".join(reasons) or "nobody is subscribed"))
