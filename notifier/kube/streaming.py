"""One list as a stream: each object as an event, then a bookmark that ends them (W10).

The API server sends what it has in memory, object by object, and need not build pages. It calls
this `sendInitialEvents`; it is on since Kubernetes 1.34 and needs a recent etcd. Nothing is handed
on before the end is marked: a stream that was cut shows half of what there is, and a list is a
*Replace*. The watch begins with a request of its own, so that watches are the same after any list.
"""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from notifier.core.errors import ClusterError, Forbidden, NotFound
from notifier.kube import decoding, faults, listing
from notifier.kube.client import Client
from notifier.kube.framing import Lines

log = logging.getLogger(__name__)

WARN_S: Final = 10.0
"""Seconds after which a list that has not ended is worth a line."""
LONGEST_S: Final = 60.0
"""Seconds that a list may take as a stream; a server that does not know the wish never ends one."""


class Unsupported(ClusterError):
    """The server does not stream lists, or not so that we understand: ask for pages."""


class Lists:
    """The lists of one path: streamed as long as the server can do that, else in pages.

    Once a stream has failed as such, pages it is: they work everywhere.
    """

    def __init__(self, client: Client, path: str, params: Mapping[str, str]) -> None:
        self._client = client
        self._path = path
        self._params = params
        self._streamed = True

    async def pages(self, version: str, *, verify: bool) -> AsyncGenerator[listing.Page]:
        """Yield a list no older than `version`; `""` asks for the newest.

        One that is to `verify` the watches is never streamed: it would come from the same memory
        of the server that they come from, and a restored etcd is not seen there (W9). Raises
        `ClusterError`.
        """
        if self._streamed and not verify:
            try:
                found = await self._stream(version)
            except Unsupported as err:
                log.debug("list not streamed, asking for pages", extra={"reason": str(err)})
            else:
                for page in found.pages():
                    yield page
                return
        pages = listing.pages(self._client, self._path, self._params, version)
        async with aclosing(pages):
            async for page in pages:
                yield page

    async def _stream(self, version: str) -> Initial:
        """Return a streamed list once it is complete. Raises `ClusterError`."""
        found = Initial(f"watch {self._path}")
        loop = asyncio.get_running_loop()
        warning = loop.call_later(WARN_S, self._warn, found)
        try:
            await self._fill(found, version)
        except _NOT_OF_STREAMS:
            raise
        except ClusterError:
            self._streamed = False
            raise
        finally:
            warning.cancel()
        return found

    async def _fill(self, found: Initial, version: str) -> None:
        """Take what the server sends up to the mark of the end. Raises `ClusterError`."""
        query = {
            **self._params,
            "watch": "true",
            "sendInitialEvents": "true",
            "resourceVersion": version,
            "resourceVersionMatch": "NotOlderThan",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": f"{LONGEST_S:.0f}",
        }
        lines = Lines()
        chunks = self._client.stream(self._path, query)
        try:
            async with asyncio.timeout(LONGEST_S), aclosing(chunks):
                async for chunk in chunks:
                    if found.take(lines.feed(chunk)):
                        return
                    if lines.dropped:
                        raise Unsupported(f"watch {self._path}: an object is too long for a line")
        except TimeoutError as err:
            raise Unsupported(f"watch {self._path}: no end after {LONGEST_S:.0f} s") from err
        except ClusterError as err:
            if err.status in _NOT_UNDERSTOOD:
                raise Unsupported(str(err)) from err
            raise
        raise ClusterError(f"watch {self._path}: ended before its list did")

    def _warn(self, found: Initial) -> None:
        """Tell that a list takes long."""
        known = {"path": self._path, "objects": len(found), "seconds": WARN_S}
        log.warning("streamed list has not ended yet", extra=known)


class Initial:
    """The temporary store: the objects of a list that is not known to be complete yet.

    Compressed: whole Rollouts that wait for their end would be the most that the process ever
    holds. `what` names the request in errors. Pure.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._objects: dict[tuple[str, str], bytes] = {}
        self._version = ""

    def __len__(self) -> int:
        return len(self._objects)

    def take(self, lines: Sequence[memoryview]) -> bool:
        """Take lines, and say whether the end was among them. What follows it is the watch's.

        Live changes may come between the objects. Raises `ClusterError`; `Unsupported` for a line
        that cannot be understood: whose it was is unknown, and it may not count as absent.
        """
        for data in lines:
            try:
                event, head, raw = decoding.line(data)
            except decoding.Undecodable as err:
                raise Unsupported(f"{self._what}: not an event: {err}") from err
            if head is None:
                raise self._fault(event, raw)
            key = (head.metadata.namespace, head.metadata.name)
            if event == "DELETED":
                self._objects.pop(key, None)
            elif event != "BOOKMARK":
                self._objects[key] = zlib.compress(raw, 1)
            elif decoding.ends_list(raw):
                self._version = head.metadata.resource_version
                return True
        return False

    def pages(self) -> Iterator[listing.Page]:
        """Hand the objects on, page by page, and forget them."""
        waiting = list(self._objects.values())
        self._objects.clear()
        waiting.reverse()
        first = True
        while waiting or first:
            count = min(len(waiting), listing.PAGE)
            items = [msgspec.Raw(zlib.decompress(waiting.pop())) for _ in range(count)]
            yield listing.Page(items, self._version, first, last=not waiting)
            first = False

    def _fault(self, event: str, raw: bytes) -> ClusterError:
        """Return why the stream cannot go on: an old etcd, for one, is an ERROR of code 500."""
        if event != "ERROR":
            return Unsupported(f"{self._what}: event of unknown type {event[:32]!r}")
        found = faults.reported(self._what, raw)
        if isinstance(found, (faults.Expired, faults.TooLarge, faults.Busy)):
            return found
        return Unsupported(str(found))


_NOT_OF_STREAMS: Final = (
    faults.Busy, faults.Expired, faults.TooLarge, Forbidden, NotFound,
)  # fmt: skip
"""What a server may answer however it is asked for a list."""
_NOT_UNDERSTOOD: Final = frozenset({400, 422})
"""What a server answers to parameters that it does not know or does not take."""
