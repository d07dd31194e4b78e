"""`notifier demo`: the real daemon on bundled recordings; nothing leaves this machine."""

from __future__ import annotations

import asyncio
import html
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from notifier.cli.failures import Failure

if TYPE_CHECKING:
    from notifier.app.daemon import Daemon
    from notifier.cli.demo_receivers import Received, Receivers
    from notifier.core.model import Event
    from notifier.core.settings import Settings
    from notifier.kube.streams import Entry

LONGEST_S: Final = 25.0
"""Seconds that the demo waits for what is left after the recordings have been played."""

TOKEN: Final = "xoxb-demo-token"  # noqa: S105 - the local receiver takes any
_LOOK_S: Final = 0.1

SUBSCRIPTIONS: Final = """\
- recipients: [slack:checkout]
  selector: app=checkout
  triggers: &news
    - on-rollout-updated
    - on-rollout-step-completed
    - on-rollout-paused
    - on-rollout-completed
    - on-rollout-aborted
    - on-analysis-run-failed
- recipients: [slack:payments]
  selector: app=payments
  triggers: *news
- recipients: [slack:search]
  selector: app=search-api
  triggers: *news
- recipients: ["audit:"]
  triggers: [on-rollout-completed, on-rollout-aborted]
"""


@click.command()
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 100),
    default=0.5,
    show_default=True,
    help="1 takes the recorded time.",
)
def command(speed: float) -> None:
    """Watch the whole daemon work on recorded rollouts: no cluster, no credentials.

    SQLite in a temporary directory, a Slack-like receiver and a webhook on loopback. The webhook
    refuses its first message, so that a retry is seen. Ends by itself.

    Example: notifier demo
    """
    from notifier.observability import logs

    redactor = logs.Redactor()
    logs.configure("text", "error", redactor)
    with tempfile.TemporaryDirectory(prefix="notifier-demo-") as folder:
        asyncio.run(_demo(Path(folder), speed, redactor))


async def _demo(folder: Path, speed: float, redactor: Any) -> None:
    from notifier.app.daemon import Edges, SystemClock, daemon
    from notifier.app.replaying import configuration_objects
    from notifier.cli.demo_receivers import Receivers
    from notifier.kube.recording import Recording
    from notifier.stores import STORES

    receivers = Receivers()
    await receivers.start()
    settings = _settings(folder)
    config_map = _config_map(receivers)
    clock = SystemClock()
    recording = Recording(
        await asyncio.to_thread(_timeline),
        objects=configuration_objects(settings, config_map, {"slack-token": TOKEN.encode()}),
        expected=("rollouts", "analysisruns", "experiments"),
        speed=speed,
        clock=clock,
    )
    store = STORES["sqlite"](settings.store)
    edges = Edges(cluster=recording, store=store, clock=clock)
    _introduce(receivers, settings)
    try:
        async with daemon(settings, edges, redactor) as one:
            story = _Story(one, receivers)
            try:
                await one.unless_failed(story.tell())
                await one.engine.drain()
            finally:
                await one.engine.close()
    finally:
        await receivers.stop()
    story.sum_up()


def _settings(folder: Path) -> Settings:
    from notifier.core.settings import ConfigurationSettings, Settings, StoreSettings

    defaults = Settings()
    return replace(
        defaults,
        cluster=replace(defaults.cluster, name="demo"),
        configuration=ConfigurationSettings(namespace="notifier"),
        store=StoreSettings(path=str(folder / "notifier.db")),
        delivery=replace(defaults.delivery, allow_addresses=("127.0.0.1",), drain_s=2.0),
    )


def _config_map(receivers: Receivers) -> Mapping[str, str]:
    return {
        "service.slack": f"token: $slack-token\napiURL: {receivers.slack_url}\n",
        "service.webhook.audit": f"url: {receivers.webhook_url}\n",
        "subscriptions": SUBSCRIPTIONS,
    }


def _timeline() -> Sequence[Entry]:
    """Read the bundled recordings, one after the other's begin."""
    from notifier.kube import streams

    with resources.as_file(resources.files("notifier.cli").joinpath("demo_recordings")) as folder:
        return streams.load(sorted(folder.glob("*.jsonl.gz")))


def _introduce(receivers: Receivers, settings: Settings) -> None:
    click.echo(click.style("notifier demo", bold=True) + ": three recorded rollouts, a real daemon")
    click.echo(f"  outbox   {settings.store.path}")
    click.echo(f"  slack    {receivers.slack_url} (local)")
    click.echo(f"  webhook  {receivers.webhook_url} (local, refuses its first message)\n")


@dataclass(slots=True)
class _Story:
    """Prints what happens as it happens: transitions from the ledger, messages as received."""

    one: Daemon
    receivers: Receivers
    began: float = field(default_factory=time.monotonic)
    events: dict[str, Event] = field(default_factory=dict)
    accepted: int = 0
    refused: set[str] = field(default_factory=set)
    repeated: int = 0

    async def tell(self) -> None:
        """Start the daemon and print until everything recorded is delivered."""
        await self.one.start(may_end=True)
        played = asyncio.create_task(self.one.engine.observed())
        try:
            while not played.done():
                await self._print_news()
                await asyncio.sleep(_LOOK_S)
            async with asyncio.timeout(LONGEST_S):
                while await self._waiting():
                    await self._print_news()
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError as err:
            raise Failure(f"{await self._waiting()} messages still wait in the outbox") from err
        finally:
            played.cancel()
        await self._print_news()

    async def _waiting(self) -> int:
        from notifier.core.deliveries import WAITING
        from notifier.core.model import State

        counts = await self.one.edges.store.counts()
        return sum(counts.get(state, 0) for state in (*WAITING, State.SENDING))

    async def _print_news(self) -> None:
        from notifier.core.lifecycle import NINE

        recent = await self.one.edges.store.events(limit=100)
        for event, _ in reversed(recent):
            if event.id not in self.events and event.transition.trigger in NINE:
                self.events[event.id] = event
                self._transition(event)
        while not self.receivers.received.empty():
            self._message(self.receivers.received.get_nowait())

    def _transition(self, event: Event) -> None:
        transition = event.transition
        at = f"{time.monotonic() - self.began:5.1f} s"
        name = click.style(transition.trigger, fg="cyan")
        click.echo(f"{at}  {transition.rollout.path}  {name}")

    def _message(self, received: Received) -> None:
        place = f"#{received.place}" if received.service == "slack" else "webhook"
        label = click.style(place.ljust(10), bold=True)
        if not received.accepted:
            self.refused.add(received.delivery_id)
            word = click.style("503, refused", fg="yellow")
            click.echo(f"         {label} {word}; kept in the outbox, next attempt in about 5 s")
            return
        self.accepted += 1
        lines = html.unescape(received.text).splitlines() or [""]
        mark = "↳ " if received.thread else ""
        again = ""
        if received.delivery_id in self.refused:
            self.repeated += 1
            again = click.style(f"  ← second attempt, same id {received.delivery_id}", fg="green")
        click.echo(f"         {label} {mark}{lines[0]}{again}")
        for line in lines[1:] if received.service == "slack" else []:
            click.echo(f"         {'':10} {mark and '  '}" + click.style(line, dim=True))

    def sum_up(self) -> None:
        """Say what was seen, and what to do next."""
        took = time.monotonic() - self.began
        click.echo(
            f"\n{len(self.events)} transitions, {self.accepted} messages delivered,"
            f" {self.repeated} of them after a retry, in {took:.0f} s. Nothing left this machine.\n"
        )
        click.echo("Next, with your own cluster (read-only):")
        click.echo(
            "  notifier run --kubeconfig ~/.kube/config --shadow --set store.path=notifier.db"
        )
        click.echo("  notifier explain rollout NAMESPACE/NAME   # in another terminal")
        click.echo("  notifier check FILE                       # your notification ConfigMap")
