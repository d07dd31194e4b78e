"""One daemon as its operator runs it: a process of its own, a settings file, an SQLite store.

The API server emulator lives in the test's own process, so that a test knows exactly what each list
contained and can script faults; daemon and ledger receivers are processes that can be killed.
"""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp

from notifier.stores.sqlite.store import SqliteStore
from tests.emulator import Emulator
from tests.receivers import ledger

NAMESPACE = "argo-rollouts"
CONFIG_MAP = "argo-rollouts-notification-cm"
SECRET = "argo-rollouts-notification-secret"

TAIL = 60
"""Lines of the daemon's log that a failing test shows."""

WAITING = ("pending", "sending", "retry", "ambiguous", "parked")


async def until(
    condition: Callable[[], bool | Awaitable[bool]], what: str, seconds: float = 20.0
) -> None:
    """Wait until a condition holds. Fails, naming `what`, if it does not in time."""
    ends = time.monotonic() + seconds
    while True:
        held = condition()
        if await held if inspect.isawaitable(held) else held:
            return
        assert time.monotonic() < ends, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(0.03)


@dataclass
class Daemon:
    """A process of `notifier run`; its log goes to a file that all runs of a test share."""

    process: asyncio.subprocess.Process
    session: aiohttp.ClientSession
    log_file: Path
    begins: int
    public: str = ""
    admin: str = ""

    def log(self) -> list[dict[str, Any]]:
        """Return the log lines of this run so far."""
        text = self.log_file.read_bytes()[self.begins :]
        return [_entry(line) for line in text.split(b"\n")[:-1]]

    def logged(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        """Return the lines of one event text whose fields contain these values."""
        return [
            line
            for line in self.log()
            if line["event"] == event
            and all(str(value) in str(line.get(name)) for name, value in fields.items())
        ]

    async def listening(self) -> None:
        """Wait for the ports."""
        await until(lambda: bool(self.logged("listening")) or self.ended, "the ports are open", 45)
        assert not self.ended, f"ended with {self.process.returncode}: {self.log()[-1]}"
        ports = self.logged("listening")[0]
        self.public = f"http://127.0.0.1:{ports['public_port']}"
        self.admin = f"http://127.0.0.1:{ports['admin_port']}"

    async def ready(self) -> Self:
        """Wait until it is ready."""
        await self.listening()

        async def is_ready() -> bool:
            return (await self.get("/readyz"))[0] == 200

        await until(is_ready, "ready")
        return self

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self.process.returncode is not None

    async def get(self, path: str) -> tuple[int, str]:
        """GET from the public port."""
        async with self.session.get(self.public + path) as answer:
            return answer.status, await answer.text()

    async def ask(self, path: str) -> Any:
        """GET from the admin port."""
        async with self.session.get(self.admin + path) as answer:
            return await answer.json()

    async def kill(self) -> None:
        """Kill -9, at once."""
        self.process.kill()
        await self.process.wait()

    def freeze(self) -> None:
        """SIGSTOP: it does nothing more, and knows nothing of it."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    async def stop(self, seconds: float = 25.0) -> float:
        """SIGTERM; return how long the drain took. It must end with 0 in that time."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(self.process.wait(), seconds)
        assert code == 0, f"ended with {code}"
        return time.monotonic() - started

    async def deliveries(self, *states: str, limit: int = 500) -> list[dict[str, Any]]:
        """Return the newest deliveries, in these states if any are named."""
        query = "".join(f"&state={state}" for state in states)
        found: list[dict[str, Any]] = (await self.ask(f"/api/v1/deliveries?limit={limit}{query}"))[
            "items"
        ]
        return found

    async def settled(self, seconds: float = 30.0) -> None:
        """Wait until every delivery has ended."""

        async def nothing_waits() -> bool:
            return not await self.deliveries(*WAITING, limit=1)

        await until(nothing_waits, "every delivery ended", seconds)


@dataclass
class Receiver:
    """A ledger receiver as a process of its own."""

    process: asyncio.subprocess.Process
    where: str
    ledger: Path

    def entries(self) -> list[dict[str, Any]]:
        """Return what it has written down so far."""
        return list(ledger.read(self.ledger))


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    def rows(self) -> list[dict[str, Any]]:
        """Return the JSON lines of its output."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Harness:
    """An async context manager: cluster, daemon, receivers, all in one folder."""

    folder: Path
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    emulator: Emulator = field(default_factory=Emulator)
    _daemons: list[Daemon] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._stack = await AsyncExitStack().__aenter__()
        await self._stack.enter_async_context(self.emulator)
        self._session = await self._stack.enter_async_context(aiohttp.ClientSession())
        return self

    async def __aexit__(self, failure: type[BaseException] | None, *_: object) -> None:
        for daemon in self._daemons:
            if not daemon.ended:
                await daemon.kill()  # also one that is stopped
        await self._stack.aclose()
        if failure is not None:
            for line in self.raw_log().decode(errors="replace").splitlines()[-TAIL:]:
                report(line)

    @property
    def store(self) -> Path:
        """The SQLite file."""
        return self.folder / "notifier.db"

    def raw_log(self) -> bytes:
        """Return everything that all runs logged, replica by replica."""
        return b"".join(file.read_bytes() for file in sorted(self.folder.glob("*.log")))

    # --- the cluster --------------------------------------------------------------------------

    def configure(self, data: Mapping[str, str], secret: Mapping[str, str] | None = None) -> None:
        """Apply the Secret, then the ConfigMap."""
        encoded = {
            name: base64.b64encode(value.encode()).decode()
            for name, value in (secret or {}).items()
        }
        self.replace("Secret", encoded)
        self.replace("ConfigMap", dict(data))

    def replace(self, kind: str, data: Any) -> None:
        """Write `data` into the central ConfigMap or Secret, whatever it is."""
        metadata = {"namespace": NAMESPACE, "name": SECRET if kind == "Secret" else CONFIG_MAP}
        self.emulator.apply({"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data})

    # --- processes ----------------------------------------------------------------------------

    async def start(self, name: str = "daemon", **settings: Mapping[str, Any]) -> Daemon:
        """Start the daemon, or one of several; `settings` are sections over the defaults of this
        harness."""
        log_file = self.folder / f"{name}.log"
        begins = log_file.stat().st_size if log_file.exists() else 0
        command = ["run", "--config", str(self._settings_file(settings))]
        with log_file.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "notifier", *command,
                "--kubeconfig", str(self.emulator.kubeconfig), stdout=log, stderr=log,
            )  # fmt: skip
        daemon = Daemon(process, self._session, log_file, begins)
        self._daemons.append(daemon)
        return daemon

    def _settings_file(self, settings: Mapping[str, Mapping[str, Any]]) -> Path:
        sections: dict[str, dict[str, Any]] = {
            "store": {"path": str(self.store)},
            "delivery": {"allow_addresses": ["127.0.0.1"]},
            "web": {"host": "127.0.0.1", "port": 0, "admin_port": 0},
            "log": {"format": "json"},
        }
        for given in (self.settings, settings):
            for section, values in given.items():
                sections.setdefault(section, {}).update(values)
        file = self.folder / "settings.yaml"
        file.write_text(json.dumps(sections))
        return file

    async def receiver(self, name: str, *arguments: str) -> Receiver:
        """Start a receiver process with a ledger of that name."""
        file = self.folder / f"{name}.ledger"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.receivers", "--ledger", str(file), *arguments,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._stack.push_async_callback(_end, process)
        assert process.stdout is not None
        where = (await process.stdout.readline()).decode().strip()
        return Receiver(process, where, file)

    async def command(self, *arguments: str) -> Done:
        """Run a `notifier` command."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "notifier", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        return Done(process.returncode or 0, out.decode(), err.decode())

    # --- the store ----------------------------------------------------------------------------

    async def opened(self, path: Path | None = None) -> SqliteStore:
        """Open the store of a daemon that has ended, or a copy of it. Fails if it is damaged."""
        store = SqliteStore(path or self.store)
        assert "COLD START" not in await store.open()
        return store


def _entry(line: bytes) -> dict[str, Any]:
    """Return a log line; what a process says before it logs is an event of its own."""
    if line.startswith(b"{"):
        entry: dict[str, Any] = json.loads(line)
        return entry
    return {"event": line.decode(errors="replace")}


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


def report(line: object) -> None:
    """Show a figure or a line of a log: with `pytest -s`, or if the test fails."""
    print(line)  # noqa: T201 - what else is a report for


def webhook(url: str, **options: Any) -> str:
    """Return the options of a webhook service as they stand in a ConfigMap."""
    return json.dumps({"url": url, **options})


def subscriptions(*recipients: str, triggers: Sequence[str]) -> str:
    """Return a global subscription of these recipients to these triggers."""
    return json.dumps([{"recipients": list(recipients), "triggers": list(triggers)}])


def files(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder."""
    return (file for file in folder.rglob("*") if file.is_file())
