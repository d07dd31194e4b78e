"""The parent's side: two children, a queue that is fair between scopes, and the kill.

A task has `WALL_S`; whoever takes longer, or brings its child down, is killed with it, and a text
that was killed three times is not tried again until it is edited (spec/security.md 4.2).
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from typing_extensions import override

from notifier.core.outside import Outcome, Task, Text
from notifier.languages import Escape, LanguageError
from notifier.ports import Clock, Recorder, Renderer
from notifier.rendering import frames
from notifier.rendering.process import Child, Fallen

log = logging.getLogger(__name__)

CHILDREN: Final = 2
QUEUE: Final = 200
PER_SCOPE: Final = 50
"""Places of the queue that one scope may take; what is beyond waits before it."""
WALL_S: Final = 0.5
PATIENCE_S: Final = 10.0
"""Seconds that a task waits for its turn."""
RETIRED_S: Final = 1.0
"""Processor time after which a child is replaced, well before its own limit ends it."""
KILLS: Final = 3
"""Kills after which a text is disabled."""
SCOPE_KILLS: Final = 6
SCOPE_KILLS_S: Final = 600.0
"""Kills of one scope in so many seconds after which all its templates rest for that time."""
AGAIN_S: Final = 1.0
"""Seconds until a child is started again that could not be started."""
REMEMBERED: Final = 10_000

STOPPED: Final = "took more than half a second or too much memory, and was stopped"

Texts = tuple[tuple[Text, Escape], ...]


@dataclass(slots=True)
class _Job:
    """A task in the queue. Without data its texts are compiled only."""

    scope: str
    texts: Texts
    data: bytes | None
    done: asyncio.Future[Sequence[Outcome]] = field(default_factory=asyncio.Future)


class Pool(Renderer):
    """Renders in children that start with the first task. `close()` it."""

    def __init__(
        self,
        *,
        clock: Clock,
        recorder: Recorder,
        on_disabled: Callable[[str, Text, LanguageError], None] = lambda *_: None,
    ) -> None:
        self.on_disabled = on_disabled
        self._clock = clock
        self._recorder = recorder
        self._queue = _Queue()
        self._places = asyncio.Semaphore(QUEUE)
        self._own_places: dict[str, tuple[asyncio.Semaphore, int]] = {}
        self._kills: OrderedDict[tuple[str, Text], int] = OrderedDict()
        self._recent: dict[str, deque[float]] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._missing = ""

    @override
    async def check(self, scope: str, texts: Sequence[Text]) -> Sequence[LanguageError | None]:
        found: list[LanguageError | None] = []
        for text in texts:
            (outcome,) = await self._asked(scope, ((text, "none"),), None)
            found.append(outcome if isinstance(outcome, LanguageError) else None)
        return found

    @override
    async def render(self, task: Task) -> Sequence[Outcome]:
        return await self._asked(task.scope, task.texts, task.data)

    async def close(self) -> None:
        """Kill the children; whoever waits is cancelled."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers.clear()
        self._queue.cancel()

    # --- the queue ----------------------------------------------------------------------------

    async def _asked(self, scope: str, texts: Texts, data: bytes | None) -> Sequence[Outcome]:
        """Wait for the outcome of a task, at most as long as patience lasts."""
        if (refusal := self._refusal(scope, texts, data)) is not None:
            return [refusal] * len(texts)
        while len(self._workers) < CHILDREN:
            name = f"render child {len(self._workers) + 1}"
            self._workers.append(asyncio.create_task(self._work(), name=name))
        own, users = self._own_places.get(scope) or (asyncio.Semaphore(PER_SCOPE), 0)
        self._own_places[scope] = (own, users + 1)
        job = _Job(scope, texts, data)
        try:
            async with asyncio.timeout(PATIENCE_S), own, self._places:
                self._queue.put(job)
                return await job.done
        except TimeoutError:
            return [LanguageError("was not rendered in time: too many templates wait")] * len(texts)
        finally:
            job.done.cancel()
            own, users = self._own_places.pop(scope)
            if users > 1:
                self._own_places[scope] = (own, users - 1)

    def _refusal(self, scope: str, texts: Texts, data: bytes | None) -> LanguageError | None:
        """Return why a task is not even tried."""
        if len(data or b"") > frames.DATA:
            return LanguageError("the Rollout is too large for templates of teams")
        for text, _ in texts:
            if self._kills.get((scope, text), 0) >= KILLS:
                return _disabled()
        recent = self._recent.get(scope)
        while recent and recent[0] < self._clock.monotonic() - SCOPE_KILLS_S:
            recent.popleft()
        if recent and len(recent) >= SCOPE_KILLS:
            what = "rests: templates of this namespace were stopped too often in a short time"
            return LanguageError(what)
        return None

    # --- the work -----------------------------------------------------------------------------

    async def _work(self) -> None:
        """Work off the queue with one child after the other, for ever."""
        child: Child | None = None
        try:
            while True:
                job = await self._queue.take()
                try:
                    child = await self._done(job, child or await self._started())
                except Fallen as error:
                    detail = {"error": str(error)}
                    log.error("a render child cannot be started", extra=detail)  # noqa: TRY400 - the reason says all
                    _answer(job, [LanguageError("cannot be rendered now")] * len(job.texts))
                    await self._clock.sleep(AGAIN_S)
                finally:
                    self._queue.finished(job)
        finally:
            if child is not None:
                await child.end()

    async def _done(self, job: _Job, child: Child) -> Child:
        """Do a job; return the child for the next one."""
        after: Child | None = child
        if not job.done.done():
            after = await self._settle(job, child)
        if after is not None and after.cpu_s > RETIRED_S:
            await after.end()
            after = None
        return after or await self._started()

    async def _settle(self, job: _Job, child: Child) -> Child | None:
        """Give a job its outcomes; return the child if it lives on."""
        outcomes: list[Outcome] = []
        try:
            async with asyncio.timeout(WALL_S):
                await child.ask(_work_of(job))
                for _ in job.texts:
                    outcomes.append(await child.answer())  # noqa: PERF401 - kept if one falls
        except (TimeoutError, Fallen):
            await child.end()
            self._killed(job.scope, job.texts[len(outcomes)][0])
            error = LanguageError(STOPPED)
            _answer(job, [*outcomes, *[error] * (len(job.texts) - len(outcomes))])
            return None
        except BaseException:
            await child.end()
            raise
        _answer(job, outcomes)
        return child

    async def _started(self) -> Child:
        child = await Child.start()
        if child.missing != self._missing:
            self._missing = child.missing
            log.warning(
                "a render child could not give up everything", extra={"kept": child.missing}
            )
        return child

    def _killed(self, scope: str, text: Text) -> None:
        """Take note of a kill."""
        key = (scope, text)
        self._kills[key] = count = self._kills.pop(key, 0) + 1
        if len(self._kills) > REMEMBERED:
            self._kills.popitem(last=False)
        self._recent.setdefault(scope, deque()).append(self._clock.monotonic())
        self._recorder.render_killed(scope)
        log.warning("a template was stopped", extra={"scope": scope, "times": count})
        if count == KILLS:
            self.on_disabled(scope, text, _disabled())


class _Queue:
    """Jobs by scope; scopes take turns, and one has at most one job at work."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[_Job]] = OrderedDict()
        self._busy: set[str] = set()
        self._changed = asyncio.Event()

    def put(self, job: _Job) -> None:
        """Add a job."""
        self._waiting.setdefault(job.scope, deque()).append(job)
        self._changed.set()

    async def take(self) -> _Job:
        """Wait for the next job of a scope that has none at work."""
        while True:
            for scope, jobs in self._waiting.items():
                if scope in self._busy:
                    continue
                job = jobs.popleft()
                del self._waiting[scope]
                if jobs:
                    self._waiting[scope] = jobs
                self._busy.add(scope)
                return job
            self._changed.clear()
            await self._changed.wait()

    def finished(self, job: _Job) -> None:
        """Let the scope have its next turn."""
        job.done.cancel()  # no effect on one that has its outcome
        self._busy.discard(job.scope)
        self._changed.set()

    def cancel(self) -> None:
        """Forget what waits."""
        for jobs in self._waiting.values():
            for job in jobs:
                job.done.cancel()
        self._waiting.clear()


def _disabled() -> LanguageError:
    return LanguageError(f"is disabled until it is edited: it was stopped {KILLS} times")


def _work_of(job: _Job) -> frames.Work:
    texts = [(text.text, list(text.partials), escape) for text, escape in job.texts]
    return frames.Work(job.scope, texts, job.data)


def _answer(job: _Job, outcomes: Sequence[Outcome]) -> None:
    if not job.done.done():
        job.done.set_result(outcomes)
