"""PgBouncer in transaction mode before a server: a session lasts one transaction."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.postgres.server import USER, Server, _free_port, _identity

_PROGRAM = "/usr/sbin/pgbouncer"


class Pooler:
    """A pooler for one server, with as few server connections as it is told."""

    def __init__(self, server: Server, *, size: int = 2) -> None:
        self._folder = server.folder / f"pooler-{_free_port()}"
        self.port = _free_port()
        self._server = server
        self._size = size

    @staticmethod
    def missing() -> str:
        """Say why it cannot be run; empty if it can."""
        found = Path(_PROGRAM).exists() or shutil.which("pgbouncer")
        return "" if found else "NO PGBOUNCER: install the package `pgbouncer`"

    @contextlib.contextmanager
    def running(self) -> Iterator[Pooler]:
        """Run meanwhile."""
        self._folder.mkdir()
        users = self._folder / "users.txt"
        users.write_text(f'"{USER}" ""\n')
        config = self._folder / "pgbouncer.ini"
        config.write_text(
            f"[databases]\n* = host=127.0.0.1 port={self._server.port}\n"
            "[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {self.port}\nunix_socket_dir =\nauth_type = any\n"
            f"auth_file = {users}\npool_mode = transaction\n"
            f"default_pool_size = {self._size}\nmax_client_conn = 100\n"
            "ignore_startup_parameters = extra_float_digits\n"
            f"logfile = {self._folder}/log\npidfile = {self._folder}/pid\n"
        )
        config.write_text(config.read_text().replace("* = host", f"* = user={USER} host"))
        if _identity():
            for path in (self._folder, users, config):
                shutil.chown(path, USER)
        program = shutil.which("pgbouncer") or _PROGRAM
        with subprocess.Popen([program, "-q", str(config)], **_identity()) as process:
            try:
                self._wait()
                yield self
            finally:
                process.terminate()

    def url(self, database_url: str) -> str:
        """Return the URL that reaches the database through the pooler."""
        return database_url.replace(f":{self._server.port}/", f":{self.port}/")

    def _wait(self) -> None:
        ends = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            assert time.monotonic() < ends, "the pooler does not answer"
            time.sleep(0.02)
