"""The kept connection: what is sent, what counts as an answer, what becomes of the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.services import wire
from notifier.services.addresses import Guard

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """A server that answers each request with the next of the given bytes; None closes."""

    def __init__(self, answers: list[bytes | None]) -> None:
        self.answers = answers
        self.requests: list[bytes] = []
        self.connections = 0
        self.asked = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        while self.answers:
            try:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            self.asked.set()
            answer = self.answers.pop(0)
            if answer is None:
                break
            writer.write(answer)
        writer.close()


@asynccontextmanager
async def peer(*answers: bytes | None) -> AsyncIterator[tuple[Peer, wire.Wire, wire.Target]]:
    """Give a peer, a wire and the target that leads to the peer."""
    one = Peer(list(answers))
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    kept = wire.Wire(Guard(["127.0.0.1"]))
    try:
        yield one, kept, wire.target(f"http://127.0.0.1:{port}/hook?a=1")
    finally:
        await kept.close()
        server.close()
        await server.wait_closed()


async def get(kept: wire.Wire, where: wire.Target) -> wire.Answer:
    """Make one exchange."""
    return await kept.exchange(where.origin, wire.request("GET", where, [], None))


async def test_a_connection_is_kept() -> None:
    """Two requests go over one connection."""
    async with peer(OK, OK) as (one, kept, where):
        assert [(await get(kept, where)).status for _ in range(2)] == [200, 200]
        assert one.connections == 1


async def test_the_request_is_whole() -> None:
    """Path with query, host with port, our headers, and the length of the body."""
    async with peer(OK) as (one, kept, where):
        body = wire.request("POST", where, [("X-A", "b")], b"hi")
        await kept.exchange(where.origin, body)
    head = one.requests[0].decode()
    assert head.startswith(f"POST /hook?a=1 HTTP/1.1\r\nHost: {where.host.decode()}\r\n")
    assert "\r\nX-A: b\r\nContent-Length: 2\r\n\r\n" in head


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000,
    ],
    ids=["close", "HTTP/1.0", "too long"],
)
async def test_a_connection_is_not_kept(answer: bytes) -> None:
    """An answer that ends its connection, or is too long to be read, still counts."""
    async with peer(answer, OK) as (one, kept, where):
        assert [(await get(kept, where)).status for _ in range(2)] == [200, 200]
        assert one.connections == 2


async def test_interim_answers_are_followed_by_the_real_one() -> None:
    """100 and 103 say nothing yet, and leave no header behind."""
    interim = b"HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n"
    async with peer(b"HTTP/1.1 100 Continue\r\n\r\n" + interim + OK) as (_, kept, where):
        answer = await get(kept, where)
    assert answer.status == 200
    assert "Retry-After" not in answer.headers


async def test_headers_are_found_by_their_usual_name() -> None:
    """However the receiver spells it."""
    spelled = b"HTTP/1.1 429 Slow\r\nretry-AFTER: 7\r\nContent-Length: 0\r\n\r\n"
    async with peer(spelled) as (_, kept, where):
        assert (await get(kept, where)).headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"HTTP/1.1 200",
        b"220 mail.example.com ESMTP\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000,
    ],
    ids=["closed", "cut", "another protocol", "endless head"],
)
async def test_no_answer_after_the_request_is_ambiguous(answer: bytes | None) -> None:
    """Whatever it was, the request may have been taken."""
    async with peer(*([answer, None] if answer else [None])) as (one, kept, where):
        if answer == b"HTTP/1.1 200":
            one.answers = [answer]
        with pytest.raises(wire.Unanswered):
            await asyncio.wait_for(get(kept, where), 5)
        assert len(one.requests) == 1


async def test_no_connection_is_told_apart() -> None:
    """Nobody listens: nothing was sent."""
    async with peer() as (_, kept, where):
        pass
    with pytest.raises(wire.NoConnection) as error:
        await get(kept, where)
    assert isinstance(error.value.__cause__, ConnectionRefusedError)


async def test_words_nobody_asked_for_end_the_connection() -> None:
    """A second answer to one request is not taken for the answer to the next."""
    async with peer(OK + b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", OK) as (_, kept, where):
        statuses = []
        for _ in range(2):
            statuses.append((await get(kept, where)).status)
            await asyncio.sleep(0.01)  # the rest arrives
    assert statuses == [200, 200]


async def test_cancelling_closes_the_connection() -> None:
    """A late answer reaches nobody else."""
    async with peer(b"", OK) as (one, kept, where):
        task = asyncio.create_task(get(kept, where))
        await one.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await get(kept, where)).status == 200
        assert one.connections == 2


@given(st.text(), st.text())
def test_no_header_breaks_out_of_its_line(name: str, value: str) -> None:
    """A request has the headers that were given, or is refused."""
    where = wire.target("http://example.com/")
    build: Callable[[], bytes] = lambda: wire.request("GET", where, [(name, value)], None)  # noqa: E731
    try:
        built = build()
    except ValueError:
        return
    assert built.count(b"\r\n") == 7
    assert built.count(b"\n") == 7
