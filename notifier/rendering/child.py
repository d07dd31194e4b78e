"""The child's program: compile and render until the pipe closes or the parent kills it.

Reads `frames.Work` from descriptor 0, writes one `frames.Answer` per text to descriptor 1. What it
keeps between tasks are compiled texts, by scope: one team's state never meets another's.
"""

from __future__ import annotations

import gc
import os
import resource
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import msgspec

from notifier.languages.jinja import Jinja, registry
from notifier.languages.seam import Escape, LanguageError
from notifier.rendering import confinement, frames

SCOPES: Final = 64
"""Scopes whose compiled texts are kept."""

_ESCAPES: Final[Sequence[Escape]] = ("none", "slack", "html")

_INPUT: Final = 0
_OUTPUT: Final = 1

_WRONG: Final = ("{{ 1 ", "{% if %}", "{{ 1 + 'a' }}", "{{ range(10 ** 9) }}", "{% for a in a %}")
"""Texts that fail in different ways: what errors need is loaded before files are out of reach."""


class Worker:
    """Works on one task after the other."""

    def __init__(self) -> None:
        self._by_scope: OrderedDict[str, Jinja] = OrderedDict()
        self._decode = msgspec.msgpack.Decoder(frames.Work).decode

    def answers(self, work: frames.Work) -> list[frames.Answer]:
        """Return an answer per text."""
        return [self._answer(work, at) for at in range(len(work.texts))]

    def serve(self, body: bytes) -> None:
        """Write an answer per text as soon as there is one: the parent then knows which text was
        at work when it had to kill."""
        work = self._decode(body)
        for at in range(len(work.texts)):
            _write(frames.pack(self._answer(work, at)))

    def _answer(self, work: frames.Work, at: int) -> frames.Answer:
        """Compile one text, and render it if there are variables."""
        source, partials, escape = work.texts[at]
        answer = frames.Answer()
        try:
            program = self._language(work.scope).compile(source, dict(partials))
            if work.data is not None:
                variables = msgspec.json.decode(work.data)
                answer.text = program.render(variables, escape)
                if len(answer.text) > frames.OUTPUT:
                    answer = frames.Answer(error=f"prints more than {frames.OUTPUT} characters")
        except LanguageError as error:
            answer = frames.Answer(error=error.message, line=error.line)
        except (MemoryError, RecursionError):
            answer = frames.Answer(error="takes too much memory")
        except Exception as error:  # noqa: BLE001 - a defect of ours must not look like a bomb
            answer = frames.Answer(error=f"cannot be rendered: {type(error).__name__}")
        used = resource.getrusage(resource.RUSAGE_SELF)
        answer.cpu_s = used.ru_utime + used.ru_stime
        return answer

    def _language(self, scope: str) -> Jinja:
        language = self._by_scope.pop(scope, None) or Jinja()
        self._by_scope[scope] = language
        if len(self._by_scope) > SCOPES:
            self._by_scope.popitem(last=False)
        return language


def main() -> None:
    """Load everything that is ever needed, give up every right, then work."""
    worker = Worker()
    _warm(worker)
    gc.collect()
    gc.freeze()
    missing = confinement.confine((_INPUT, _OUTPUT))
    _write(frames.pack(frames.Answer(text=", ".join(missing))))
    while (head := _read(frames.HEAD)) is not None:
        body = _read(int.from_bytes(head, "big"))
        if body is None:
            return
        worker.serve(body)


def _warm(worker: Worker) -> None:
    """Use whatever a template can call, and fail in every way, so that all of it is loaded."""
    for item in registry.ALL.values():
        data = msgspec.json.encode(dict(item.data))
        worker.answers(frames.Work("", [(item.example, (), each) for each in _ESCAPES], data))
    worker.answers(frames.Work("", [(text, (), "html") for text in _WRONG], b"{}"))


def _read(count: int) -> bytes | None:
    """Read so many bytes; None at the end of the pipe."""
    parts = []
    while count:
        part = os.read(_INPUT, min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(_OUTPUT, data) :]
