"""One child as the parent has it: started, asked, answered, killed.

It is a new Python program, never a fork of this process with its threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL, PIPE, Process
from typing import Final

import msgspec

from notifier.core.outside import Outcome
from notifier.languages import LanguageError
from notifier.rendering import frames

START_S: Final = 10.0

_COMMAND: Final = ("-I", "-m", "notifier.rendering.start")

_decode: Final = msgspec.msgpack.Decoder(frames.Answer).decode


class Fallen(Exception):
    """The child cannot be started, has ended, or says what no child of ours says."""


class Child:
    """A running child. `missing` names what it could not give up."""

    def __init__(self, process: Process, tasks: StreamWriter, answers: StreamReader) -> None:
        self._process = process
        self._tasks = tasks
        self._answers = answers
        self.cpu_s = 0.0
        self.missing = ""

    @classmethod
    async def start(cls) -> Child:
        """Start one and wait until it has given up its rights. Raises `Fallen`."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *_COMMAND, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={},
                cwd="/", start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise Fallen(error.strerror or "it cannot be started") from error
        if process.stdin is None or process.stdout is None:
            raise Fallen("it has no pipes")
        child = cls(process, process.stdin, process.stdout)
        try:
            async with asyncio.timeout(START_S):
                child.missing = (await child._read()).text
        except TimeoutError as error:
            await child.end()
            raise Fallen("it did not begin in time") from error
        except BaseException:
            await child.end()
            raise
        return child

    async def ask(self, work: frames.Work) -> None:
        """Hand over a task. Raises `Fallen`."""
        try:
            self._tasks.write(frames.pack(work))
            await self._tasks.drain()
        except OSError as error:
            raise Fallen("it has ended") from error

    async def answer(self) -> Outcome:
        """Wait for what became of the next text. Raises `Fallen`."""
        found = await self._read()
        self.cpu_s = found.cpu_s
        if found.error:
            return LanguageError(found.error, line=found.line)
        if len(found.text) > frames.OUTPUT:
            raise Fallen("it printed too much")
        return found.text

    async def end(self) -> None:
        """Kill it, whatever it does, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        self._tasks.close()

    async def _read(self) -> frames.Answer:
        try:
            head = await self._answers.readexactly(frames.HEAD)
            length = int.from_bytes(head, "big")
            if length > frames.LIMIT:
                raise Fallen("its answer is too long")
            return _decode(await self._answers.readexactly(length))
        except (asyncio.IncompleteReadError, OSError, msgspec.DecodeError) as error:
            raise Fallen("it has ended") from error
