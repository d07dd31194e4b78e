"""A cluster of its own in a temporary folder, run by a user who may (initdb refuses root)."""

from __future__ import annotations

import atexit
import contextlib
import functools
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import psycopg

USER: Final = "postgres"
_PLACES: Final = "/usr/lib/postgresql"
_OPTIONS: Final = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "on",
    "full_page_writes": "off",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "autovacuum_naptime": "5s",
    "wal_level": "replica",
    "lc_messages": "C",
}


def binaries() -> Path | None:
    """Return the folder of the newest server that is installed."""
    found = sorted(Path(_PLACES).glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def missing() -> str:
    """Say why no server can be run; empty if one can."""
    if binaries() is None:
        return f"NO POSTGRESQL SERVER in {_PLACES}: install the package `postgresql`"
    return ""


class Server:
    """One server. `start` it, `stop` it, make databases in it."""

    def __init__(self, folder: Path, *, of: Server | None = None, **options: str) -> None:
        found = binaries()
        assert found is not None, missing()
        self._binaries = found
        self.folder = folder
        self.port = _free_port()
        self._options = _OPTIONS | options
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._give(folder)
        if of is None:
            self._run("initdb", "--auth=trust", "--username", USER, "-E", "UTF8", "--locale=C")
        else:
            source = ("-h", "127.0.0.1", "-p", str(of.port), "-U", USER)
            self._run("pg_basebackup", *source, "-R", "--checkpoint=fast")

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str = USER, user: str = USER, password: str = "") -> str:
        """Return the URL of a database."""
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = [part for item in self._options.items() for part in ("-c", "=".join(item))]
        command = [
            str(self._binaries / "postgres"), "-D", str(self.data), "-p", str(self.port),
            "-k", str(self.folder), *settings,
        ]  # fmt: skip
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **_identity())
        ends = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < ends, (self.folder / "server.log").read_text()
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop: SIGQUIT like a power cut, SIGINT cutting connections, SIGTERM waiting for them."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    @contextlib.contextmanager
    def running(self) -> Iterator[Server]:
        """Run meanwhile."""
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def database(self) -> str:
        """Make an empty database; return its URL."""
        name = f"t{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def execute(self, sql: str, url: str = "", **parameters: Any) -> list[tuple[Any, ...]]:
        """Run SQL as the superuser."""
        with psycopg.connect(url or self.url(), autocommit=True) as connection:
            cursor = connection.execute(sql, parameters or None)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def cut(self, url: str) -> int:
        """Cut every connection to the database of a URL; return how many there were."""
        name = url.rpartition("/")[2]
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %(name)s"
        return len(self.execute(cut, name=name))

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "server.log").read_text()
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = (
            str(self._binaries / program), "-D", str(self.data), *arguments
        )  # fmt: skip
        done = subprocess.run(command, capture_output=True, check=False, **_identity())
        assert done.returncode == 0, done.stderr.decode()

    def _give(self, folder: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(folder, USER)


def _identity() -> dict[str, Any]:
    """Return as whom to run: root may not."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(USER)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "cwd": "/"}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@functools.cache
def shared() -> Server:
    """Return a server that all of this process use; stopped when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    folder.chmod(0o755)
    server = Server(folder / "cluster")
    server.start()

    def end() -> None:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return server
