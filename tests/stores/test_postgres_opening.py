"""What a PostgreSQL store refuses at start, and what its errors say (spec/reliability.md F22)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from notifier.core.errors import StoreError
from notifier.stores import scripts
from notifier.stores.postgres import database, failures
from notifier.stores.postgres.store import PostgresStore
from tests import postgres
from tests.stores import examples, places

pytestmark = pytest.mark.skipif(not places.available(), reason=postgres.missing() or "present")

SECRET = "hunter2%2Fcanary"  # as it stands in a URL
PLAIN = "hunter2/canary"


@pytest.fixture
def url() -> str:
    """An empty database."""
    return postgres.shared().database()


async def line(url: str, **options: str) -> str:
    """Open, close, and return what was said."""
    store = PostgresStore(url, **options)
    said = await store.open()
    await store.close()
    return said


async def refusal(url: str, **options: str) -> str:
    """Return why a database is refused; its password must not show anywhere."""
    with pytest.raises(StoreError) as caught:
        await PostgresStore(url, **options).open()
    error: BaseException | None = caught.value
    while error is not None:
        assert not re.search(r"hunter2|canary", f"{error!r}"), "the password shows"
        error = error.__cause__
    return str(caught.value)


async def test_the_line_says_what_was_opened(url: str) -> None:
    """Server, place without credentials, schema, what waits, and that this one may lose data."""
    said = await line(url.replace("postgres@", f"postgres:{SECRET}@"))
    port = postgres.shared().port
    name = url.rpartition("/")[2]
    assert re.fullmatch(
        rf"PostgreSQL [\d.]+ at postgresql://127\.0\.0\.1:{port}/{name}, schema \d+, "
        r"0 deliveries waiting, durability: degraded \(fsync is off\)",
        said,
    )


async def test_opening_again_finds_everything(url: str) -> None:
    """Another process on the same database migrates nothing and shows the same rows."""
    store = PostgresStore(url)
    await store.open()
    await examples.put(store, examples.delivery())
    await store.close()
    assert "1 deliveries waiting" in await line(url)


async def test_many_replicas_may_start_at_once(url: str) -> None:
    """Whoever comes first migrates, the others wait for it."""
    stores = [PostgresStore(url) for _ in range(6)]
    await asyncio.gather(*[store.open() for store in stores])
    for store in stores:
        await store.close()


async def test_the_life_of_a_store(url: str) -> None:
    """Calls before open and after close are errors; opening twice is one, closing twice none."""
    store = PostgresStore(url)
    with pytest.raises(StoreError, match="not open"):
        await store.counts()
    await store.open()
    with pytest.raises(StoreError, match="already open"):
        await store.open()
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="not open"):
        await store.counts()
    assert "schema" in await store.open()
    await store.close()


# --- refusals -----------------------------------------------------------------------------------


async def test_an_unreadable_url_is_not_quoted() -> None:
    """The driver's words would hold the password."""
    with pytest.raises(StoreError, match="not the URL of a PostgreSQL database") as caught:
        PostgresStore("postgresql://me:hunter2%zzcanary@host/db")
    assert caught.value.__cause__ is None
    assert "hunter2" not in str(caught.value)


async def test_nobody_listens() -> None:
    """A refused connection names the place and what to check."""
    said = await refusal(f"postgresql://me:{SECRET}@127.0.0.1:1/outbox?connect_timeout=2")
    assert "postgresql://127.0.0.1:1/outbox: cannot be reached" in said
    assert said.endswith("check host, port and network")


async def test_an_unknown_database_is_named(url: str) -> None:
    """So is what to do."""
    assert "no such database" in await refusal(url + "_unknown")


async def test_a_read_only_database_is_refused(url: str) -> None:
    """Whether a standby or one that was set so."""
    postgres.shared().execute(
        f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_read_only = on"
    )
    assert "read-only, a standby?: let store.url name the primary" in await refusal(url)


async def test_a_newer_schema_is_refused_when_it_must_be(url: str) -> None:
    """One that this release can still work with is not; one that it cannot is."""
    await line(url)
    known = len(scripts.migrations(database.PACKAGE))
    change = "UPDATE notifier.schema_version SET version = %(v)s, oldest = %(o)s"
    postgres.shared().execute(change, url, v=known + 2, o=known)
    assert f"schema {known + 2}," in await line(url)
    postgres.shared().execute(change, url, v=known + 2, o=known + 1)
    assert f"schema {known + 2} needs a newer version than this" in await refusal(url)


async def test_a_schema_of_something_else_is_refused(url: str) -> None:
    """Nothing of it is touched."""
    postgres.shared().execute("CREATE SCHEMA notifier; CREATE TABLE notifier.theirs ()", url)
    assert "is of something else: use a database of its own" in await refusal(url)


async def test_missing_rights_are_named(url: str) -> None:
    """Rights to create at first, rights on each table later."""
    server, name = postgres.shared(), url.rpartition("/")[2]
    role = f"weak_{name}"
    server.execute(f"CREATE ROLE {role} LOGIN", url)
    weak = server.url(name, user=role)
    assert "a right is missing" in await refusal(weak)
    await line(url)
    server.execute(f"GRANT USAGE ON SCHEMA notifier TO {role}", url)
    server.execute(f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA notifier TO {role}", url)
    assert "a right is missing (DELETE on attempts" in await refusal(weak)
    server.execute(f"GRANT DELETE ON ALL TABLES IN SCHEMA notifier TO {role}", url)
    assert "schema" in await line(weak)


async def test_a_right_lost_while_running_is_an_error(url: str) -> None:
    """The call fails with the reason; the next works when the right is back."""
    server, role = postgres.shared(), f"losing_{url.rpartition('/')[2]}"
    await line(url)
    server.execute(f"CREATE ROLE {role} LOGIN", url)
    everything = "ALL TABLES IN SCHEMA notifier"
    server.execute(f"GRANT USAGE ON SCHEMA notifier TO {role}", url)
    server.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {everything} TO {role}", url)
    store = PostgresStore(server.url(url.rpartition("/")[2], user=role))
    await store.open()
    server.execute(f"REVOKE INSERT ON {everything} FROM {role}", url)
    with pytest.raises(StoreError, match=r"a right is missing .*permission denied for table"):
        await examples.put(store, examples.delivery())
    server.execute(f"GRANT INSERT ON {everything} TO {role}", url)
    await examples.put(store, examples.delivery())
    assert len(await examples.take(store)) == 1
    await store.close()


# --- passwords ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """A server that asks for passwords."""
    server = postgres.Server(places.readable(tmp_path_factory.mktemp("locked")) / "cluster")
    with server.running():
        server.execute(f"CREATE ROLE daemon LOGIN SUPERUSER PASSWORD '{PLAIN}'")
        server.execute("CREATE DATABASE outbox")
        (server.data / "pg_hba.conf").write_text(
            "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        server.execute("SELECT pg_reload_conf()")
        yield server


async def test_the_password_of_the_url(locked: postgres.Server) -> None:
    """Percent-encoded, it is used; a wrong one is refused without being shown."""
    assert "schema" in await line(locked.url("outbox", "daemon", SECRET))
    said = await refusal(locked.url("outbox", "daemon", "hunter2wrong"))
    assert "refused the credentials" in said


async def test_the_password_of_a_file(locked: postgres.Server, tmp_path: Path) -> None:
    """It is read at each connect, its final newline dropped, and wins over the URL's."""
    file = tmp_path / "password"
    file.write_text(PLAIN + "\n")
    url = locked.url("outbox", "daemon", "other")
    store = PostgresStore(url, password_file=str(file))
    await store.open()
    locked.execute(f"ALTER ROLE daemon PASSWORD '{PLAIN}-2'")
    file.write_text(f"{PLAIN}-2")
    locked.cut(locked.url("outbox"))
    with pytest.raises(StoreError):
        await store.counts()
    assert await store.counts()
    await store.close()
    locked.execute(f"ALTER ROLE daemon PASSWORD '{PLAIN}'")


async def test_the_password_of_the_environment(
    locked: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`PGPASSWORD` serves where the URL has none."""
    monkeypatch.setenv("PGPASSWORD", PLAIN)
    assert "schema" in await line(locked.url("outbox", "daemon"))


async def test_a_password_file_that_is_missing(locked: postgres.Server, tmp_path: Path) -> None:
    """The error names the file and the setting."""
    url = locked.url("outbox", "daemon")
    said = await refusal(url, password_file=str(tmp_path / "none"))
    assert f"password file {tmp_path}/none: No such file or directory" in said


async def test_no_password_at_all(locked: postgres.Server) -> None:
    """A server that wants one says so."""
    assert "refused the credentials" in await refusal(locked.url("outbox", "daemon"))


# --- the package itself -------------------------------------------------------------------------


def exceptions(kind: type[psycopg.Error]) -> Iterator[type[psycopg.Error]]:
    """Yield the driver's exceptions."""
    yield kind
    for child in kind.__subclasses__():
        yield from exceptions(child)


def test_every_error_of_the_driver_is_mapped() -> None:
    """Each becomes one of ours, with the place, its words without the password."""
    for kind in exceptions(psycopg.Error):
        said = str(failures.explained(kind("it holds s3cret"), "postgresql://h:1/d", "s3cret"))
        assert said.startswith("postgresql://h:1/d: ")
        assert "s3cret" not in said


async def test_every_query_is_valid_sql(url: str) -> None:
    """Each named block is understood by the server, also those that rarely run."""
    await line(url)
    with psycopg.connect(url) as connection:
        for name, text in scripts.queries(database.PACKAGE).items():
            if name in ("create_schema", "create_version", "insert_version"):
                continue  # done: the schema is there
            connection.execute(f"PREPARE q_{name} AS {re.sub(r'%[(][a-z_]+[)]s', 'NULL', text)}")


def test_every_query_is_used() -> None:
    """No named block is left behind."""
    folder = Path(database.__file__).parent
    sources = "".join(file.read_text() for file in folder.glob("*.py"))
    queries = scripts.queries(database.PACKAGE)
    assert [name for name in queries if f'"{name}"' not in sources] == []
