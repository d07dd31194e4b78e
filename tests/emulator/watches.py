"""Open watches: how changes, bookmarks, ends and faults reach them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from aiohttp import web

from tests.emulator.faults import Cut, Fault, Freeze, Inject
from tests.emulator.resources import Resource
from tests.emulator.selectors import Matcher
from tests.emulator.storage import Storage

PIECE = 256 * 1024
"""Bytes written at once at most."""


class Hub:
    """Wakes every open watch; each looks for itself what is new."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self.bookmarks = 0
        self.ends = 0
        self.cuts = 0
        self.open = 0

    def wake(self) -> None:
        """Tell the watches to look."""
        self._news.set()
        self._news = asyncio.Event()

    def bookmark(self) -> None:
        """Ask for a bookmark."""
        self.bookmarks += 1
        self.wake()

    def end(self) -> None:
        """Ask for a clean end."""
        self.ends += 1
        self.wake()

    def cut(self) -> None:
        """Ask for an end without the terminal chunk."""
        self.cuts += 1
        self.wake()

    async def news(self, timeout_s: float | None) -> None:
        """Wait for the next wake, at most so long."""
        waiting: Awaitable[Any] = self._news.wait()
        try:
            await asyncio.wait_for(waiting, timeout_s)
        except TimeoutError:
            return

    async def frozen(self, request: web.Request) -> None:
        """Keep a connection open without a word until it is cut or given up."""
        cuts = self.cuts
        while cuts == self.cuts and request.transport is not None:
            await self.news(0.5)


class Watch:
    """One watch."""

    def __init__(
        self,
        storage: Storage,
        hub: Hub,
        resource: Resource,
        namespace: str,
        matches: Matcher | None,
        version: int,
        position: int,
    ) -> None:
        self._storage = storage
        self._hub = hub
        self._resource = resource
        self._namespace = namespace
        self._matches = matches
        self._version = version
        self._position = position
        self.stream: web.StreamResponse = web.StreamResponse()

    async def serve(
        self, request: web.Request, opening: bytes, fault: Fault | None, bookmark_s: float | None
    ) -> None:
        """Write until the time is up, the hub ends it, or the fault does."""
        self._hub.open += 1
        try:
            self.stream = await prepared(request)
            budget = Budget(request, self.stream, fault, self._hub)
            if isinstance(fault, Inject) and not await budget.inject(fault):
                return
            if opening and not await budget.write(opening):
                return
            await self._go_on(request, budget, bookmark_s)
        finally:
            self._hub.open -= 1

    async def _go_on(self, request: web.Request, budget: Budget, bookmark_s: float | None) -> None:
        """Write changes and bookmarks as they come."""
        hub, loop = self._hub, asyncio.get_running_loop()
        ends, cuts, bookmarks = hub.ends, hub.cuts, hub.bookmarks
        deadline = loop.time() + float(request.query.get("timeoutSeconds", "1800"))
        next_bookmark = loop.time() + (bookmark_s or 1e9)
        wanted = request.query.get("allowWatchBookmarks") == "true"
        while True:
            data = self._changes()
            due = loop.time() >= next_bookmark or hub.bookmarks != bookmarks
            if wanted and due:
                data += self._bookmark()
            if due:
                bookmarks, next_bookmark = hub.bookmarks, loop.time() + (bookmark_s or 1e9)
            if data and not await budget.write(data):
                return
            if hub.cuts != cuts:
                await drop(request)
                return
            if hub.ends != ends or loop.time() >= deadline or request.transport is None:
                return
            if not self._more() and hub.bookmarks == bookmarks:
                await hub.news(min(deadline, next_bookmark) - loop.time())

    def _more(self) -> bool:
        """Say whether history has more to show now."""
        return self._position < len(self._storage.history[self._resource.plural])

    def _changes(self) -> bytes:
        """Return the next lines of the history."""
        lines: list[bytes] = []
        size = 0
        changes = self._storage.history[self._resource.plural]
        self._position = min(self._position, len(changes))  # a compaction shortens it
        while self._position < len(changes) and size < PIECE:
            change = changes[self._position]
            self._position += 1
            if change.version <= self._version:
                continue  # a watch from the future is silent until then
            space = change.now.metadata.get("namespace", "")
            if self._namespace and space != self._namespace:
                continue
            line = change.line(self._matches)
            lines.append(line)
            size += len(line)
        return b"".join(lines)

    def _bookmark(self) -> bytes:
        """Return a bookmark of now."""
        version = max(self._storage.revision, self._version)
        return (
            b'{"type":"BOOKMARK","object":{"kind":"%s","apiVersion":"%s","metadata":'
            b'{"resourceVersion":"%d","creationTimestamp":null}}}\n'
            % (self._resource.kind.encode(), self._resource.group.encode(), version)
        )


class Budget:
    """A stream that may be cut or frozen after so many bytes."""

    def __init__(
        self, request: web.Request, stream: web.StreamResponse, fault: Fault | None, hub: Hub
    ) -> None:
        self._request = request
        self._stream = stream
        self._fault = fault
        self._hub = hub
        self._left = fault.after_bytes if isinstance(fault, Cut | Freeze) else None

    async def inject(self, fault: Inject) -> bool:
        """Write scripted bytes; say whether the stream goes on."""
        size = fault.piece or len(fault.data) or 1
        for start in range(0, len(fault.data), size):
            await self._stream.write(fault.data[start : start + size])
            if fault.piece:
                await asyncio.sleep(0)
        return not fault.end

    async def write(self, data: bytes) -> bool:
        """Write; say whether the stream goes on."""
        if self._left is None:
            await self._stream.write(data)
            return True
        data, self._left = data[: self._left], self._left - len(data)
        if data:
            await self._stream.write(data)
        if self._left > 0:
            return True
        if isinstance(self._fault, Freeze):
            await self._hub.frozen(self._request)
        await drop(self._request)
        return False


async def prepared(request: web.Request) -> web.StreamResponse:
    """Send the header of a chunked JSON answer."""
    stream = web.StreamResponse(headers={"Content-Type": "application/json"})
    stream.enable_chunked_encoding()
    await stream.prepare(request)
    return stream


async def write(
    request: web.Request, stream: web.StreamResponse, body: bytes, fault: Fault
) -> None:
    """Write a whole body under a fault."""
    hub = Hub()
    budget = Budget(request, stream, fault, hub)
    if isinstance(fault, Inject) and not await budget.inject(fault):
        return
    await budget.write(body)


async def drop(request: web.Request) -> None:
    """Close the connection after what was written, without the terminal chunk."""
    if request.transport is not None:
        request.transport.close()
    await asyncio.sleep(0)
