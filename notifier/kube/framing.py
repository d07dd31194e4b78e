"""Bytes as they arrive, cut into lines (W17). Pure."""

from __future__ import annotations

from typing import Final

LINE_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of a line; etcd refuses objects far smaller than this."""


class Lines:
    """Gives the complete lines of a stream; what never got its newline is never given.

    A line beyond `limit` is dropped up to its newline and counted in `dropped`.
    """

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._tail: list[bytes] = []
        self._size = 0
        self._dropping = False
        self.dropped = 0

    def feed(self, chunk: bytes) -> list[memoryview]:
        """Take the next bytes; return the lines they complete, without newlines, uncopied."""
        lines: list[memoryview] = []
        view = memoryview(chunk)
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            line = view[start:end]
            if not start:
                line = self._finish(line)
            if line and not self._too_long(line):
                lines.append(line)
            start = end + 1
        self._keep(chunk[start:])
        return lines

    def _finish(self, end: memoryview) -> memoryview:
        """Return the unfinished line with its end; empty if it was dropped."""
        if self._dropping:
            self._dropping = False
            return end[:0]
        line = memoryview(b"".join((*self._tail, end))) if self._tail else end
        self._tail.clear()
        self._size = 0
        return line

    def _keep(self, rest: bytes) -> None:
        """Keep the unfinished line, in pieces: joining at each chunk would be quadratic."""
        if self._dropping or not rest:
            return
        self._tail.append(rest)
        self._size += len(rest)
        if self._size > self._limit:
            self._tail.clear()
            self._size = 0
            self._dropping = True
            self.dropped += 1

    def _too_long(self, line: memoryview) -> bool:
        """Count and refuse a line that arrived whole and is too long."""
        if len(line) <= self._limit:
            return False
        self.dropped += 1
        return True
