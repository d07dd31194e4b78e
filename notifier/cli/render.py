"""`notifier render`: what would be sent, offline, through the daemon's own planning."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import click

from notifier.cli import messages, printing
from notifier.cli.failures import Failure
from notifier.cli.inputs import inputs

if TYPE_CHECKING:
    from notifier.cli.documents import Configured
    from notifier.core.model import Delivery, Transition, Verdict

RECIPIENT: Final = "recipient"
_ADDRESS: Final = "someone@mail.example"
"""Recipients that are no one's."""

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
@click.option("--all", "everything", is_flag=True, help="Render what every trigger sends.")
@click.option("--config", "configs", multiple=True, metavar="FILE|-", help="ConfigMap and Secret.")
@inputs
@click.option("--object", "object_file", metavar="FILE", help="Rollout; else a bundled example.")
@click.option("--analysis-run", "run_file", metavar="FILE", help="AnalysisRuns of the Rollout.")
@click.option("--service", default="console", show_default=True, help="Through this service.")
@click.option("--recipient", help="To this recipient; else a made-up one.")
@click.option("--cluster", default="", help="Name of the cluster in the message.")
@click.option("--strict", is_flag=True, help="Fail where a template prints what is missing.")
@printing.output_option("text", "json", "yaml")
def command(
    template: str | None,
    trigger: str | None,
    everything: bool,
    configs: Sequence[str],
    config_maps: Sequence[str],
    secret: str,
    settings: str,
    output: str,
    **given: Any,
) -> None:
    """Show the message that a template or trigger gives, for a Rollout or a bundled example.

    Through a Slack service, a link shows it in Slack's Block Kit Builder. With `-o json`, one line
    per message: apiVersion, trigger, template, service, recipient, body (as it is stored; without
    secrets) and preview (the link, or null).

    Ends with 1 if the trigger does not fire or the template fails.

    Examples: notifier render --trigger on-rollout-aborted --service slack

    notifier render --all --config notifications.yaml --service slack --strict
    """
    from notifier.cli import compiling

    if sum((bool(template), bool(trigger), everything)) != 1:
        raise click.UsageError("give one of --template, --trigger and --all")
    if given["run_file"] and not given["object_file"]:
        raise click.UsageError("--analysis-run needs --object")
    configured = compiling.read_aloud([*configs, *config_maps], secret, settings)
    asked = Asked(template=template, configured=configured, **given)
    if everything:
        _all(asked, output)
        return
    asked.check(trigger)
    name = trigger or _trigger_of(str(template))
    found = asked.found([name]).get(name)
    if found is None:
        raise Failure(f"no bundled example of {name}; give a Rollout with --object")
    _show(asked, found, output)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be rendered, of which files."""

    configured: Configured
    template: str | None
    object_file: str | None
    run_file: str | None
    service: str
    recipient: str | None
    cluster: str
    strict: bool

    def names(self, prefix: str) -> set[str]:
        """Return the names of the ConfigMap's keys with a prefix."""
        return {key.removeprefix(prefix) for key in self.configured.data if key.startswith(prefix)}

    def check(self, trigger: str | None) -> None:
        """Fail with what was probably meant if a name does not exist."""
        from notifier.cli import catalogue
        from notifier.core import lifecycle

        templates = self.names("template.") | set(catalogue.texts("templates"))
        if self.template and self.template not in templates:
            raise _unknown("template", self.template, templates)
        triggers = self.names("trigger.") | lifecycle.ALL
        if trigger and trigger not in triggers:
            raise _unknown("trigger", trigger, triggers)
        services = {name.rpartition(".")[2] for name in self.names("service.")}
        if self.service not in services | set(_PLACEHOLDERS):
            raise _unknown("service", self.service, services | set(_PLACEHOLDERS))

    def found(self, triggers: Sequence[str]) -> Mapping[str, Found]:
        """Return what each trigger leads to; those without an example are left out."""
        data = self.data(triggers)
        if self.object_file is None:
            return _replayed(self, data, triggers)
        return {name: _planned(self, data, name, self.object_file) for name in triggers}

    def data(self, triggers: Sequence[str]) -> Mapping[str, str]:
        """Return the ConfigMap with one subscription, the one that is asked for."""
        data = dict(self.configured.data)
        if self.service in _PLACEHOLDERS:
            key, options = _PLACEHOLDERS[self.service]
            if not any(_names(existing, self.service) for existing in data):
                data[key] = options
        if self.template is not None:
            data[f"trigger.{triggers[0]}"] = json.dumps([{"send": [self.template]}])
        made_up = _ADDRESS if any(_names(key, self.service, "email") for key in data) else RECIPIENT
        recipient = made_up if self.recipient is None else self.recipient
        wish = {"recipients": [f"{self.service}:{recipient}"], "triggers": list(triggers)}
        data["subscriptions"] = json.dumps([wish])
        return data


def _unknown(kind: str, name: str, known: Collection[str]) -> Failure:
    from notifier.core import decoding

    hint = decoding.did_you_mean(name, known) or f"known are {', '.join(sorted(known))}"
    return Failure(f"no {kind} is called {name}: {hint}")


def _all(asked: Asked, output: str) -> None:
    """Render what every trigger sends; go on after a failure, and fail at the end."""
    from notifier.core import lifecycle

    asked.check(None)
    names = [*lifecycle.NINE, *sorted(asked.names("trigger.") - set(lifecycle.NINE))]
    found = asked.found(names)
    failed = []
    for name in names:
        if name not in found:
            click.echo(f"{name}: no bundled example; give a Rollout with --object", err=True)
            continue
        try:
            _show(asked, found[name], output, headed=True)
        except Failure as err:
            failed.append(name)
            click.echo(f"{name}: {err.message}", err=True)
    if failed:
        raise Failure(f"{len(failed)} of {len(names)} triggers failed: {', '.join(failed)}")


def _show(asked: Asked, found: Found, output: str, *, headed: bool = False) -> None:
    deliveries, verdicts = found
    mine = [row for row in deliveries if row.destination.service == asked.service]
    for row in mine:
        _print(row, output, headed=headed)
    own = [one for one in verdicts if one.service in (asked.service, "")]
    _report(own, printed=bool(mine))


def _trigger_of(template: str) -> str:
    """Return the shipped trigger whose transition a template is most likely about."""
    from notifier.core.lifecycle import NINE

    return next((name for name in NINE if name.removeprefix("on-") in template), NINE[0])


def _names(key: str, service: str, kind: str = "") -> bool:
    """Say whether a ConfigMap key configures the service of this name, and is of this type."""
    prefix, *rest = key.split(".")
    return prefix == "service" and rest[-1:] == [service] and kind in ("", *rest[:1])


Found: TypeAlias = tuple[Sequence["Delivery"], Sequence["Verdict"]]


def _replayed(
    asked: Asked, data: Mapping[str, str], triggers: Collection[str]
) -> Mapping[str, Found]:
    """Return what the last bundled transition of each trigger leads to."""
    import asyncio

    from notifier.app import compiling, replaying
    from notifier.kube import streams

    compiling.shipped(strict=asked.strict)  # reads files, so before the loop runs

    with resources.as_file(resources.files("notifier.cli").joinpath("demo_recordings")) as folder:
        files = sorted(folder.glob("**/*.jsonl.gz"))
        timeline = streams.load(files)
    lines = asyncio.run(
        replaying.replay(
            timeline,
            data,
            asked.configured.secret,
            cluster=asked.cluster,
            strict=asked.strict,
            templates=asked.configured.settings.templates,
        )
    )
    return {
        line.event.transition.trigger: (line.deliveries, line.verdicts)
        for line in lines
        if line.event.transition.trigger in triggers
    }


def _planned(asked: Asked, data: Mapping[str, str], trigger: str, object_file: str) -> Found:
    """Return what the plan of a transition on this very object leads to."""
    from notifier.app.daemon import SystemClock
    from notifier.cli import compiling, documents
    from notifier.core import planning
    from notifier.core.context import Evidence
    from notifier.core.model import Event, event_id

    rollout = documents.objects(object_file, "Rollout")[0]
    runs = documents.objects(asked.run_file, "AnalysisRun") if asked.run_file else []
    configuration, _ = compiling.compiled(
        replace(asked.configured, data=data), cluster=asked.cluster, strict=asked.strict
    )
    now = SystemClock().now()
    plan = planning.plan(
        Event(
            id=event_id(asked.cluster, "render"),
            transition=_transition(rollout, trigger),
            observed_at=now,
        ),
        Evidence(rollout=rollout, run=runs[0] if runs else None, runs=runs or None),
        [configuration],
        now=now,
        policy=planning.Policy(cluster=asked.cluster),
    )
    return plan.deliveries, plan.verdicts


def _transition(rollout: Mapping[str, Any], trigger: str) -> Transition:
    """Return a transition to what an object is now."""
    from notifier.core.model import ObjectRef, Transition

    metadata = rollout.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    return Transition(
        trigger=trigger,
        reason="".join(part.title() for part in trigger.removeprefix("on-").split("-")),
        rollout=ObjectRef(
            kind="Rollout",
            namespace=str(metadata.get("namespace") or "default"),
            name=str(metadata.get("name") or ""),
            uid=str(metadata.get("uid") or ""),
        ),
        key="render",
        resource_version=str(metadata.get("resourceVersion") or ""),
        facts={"revision": str(annotations.get("rollout.argoproj.io/revision") or "")},
    )


def _print(row: Delivery, output: str, *, headed: bool) -> None:
    from notifier.web import shapes

    body = shapes.payload(row.payload, lambda text: text)
    to = f"{row.destination.service}:{row.destination.recipient}"
    link = messages.preview(row.destination.service_type, body)
    if output == "text":
        if headed:
            click.echo("---")
            printing.heading(f"# {row.trigger} → {to}, template {row.template}")
        opened = messages.readable(body)
        click.echo(opened if isinstance(opened, str) else printing.as_yaml(opened).rstrip())
        if link:
            click.echo(f"# look at it: {link}")
        return
    record: dict[str, Any] = {
        "apiVersion": shapes.API_VERSION,
        "trigger": row.trigger,
        "template": row.template,
        "service": row.destination.service,
        "recipient": row.destination.recipient,
        "body": body,
        "preview": link,
    }
    printing.emit(record if output == "json" or not headed else [record], output)


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
