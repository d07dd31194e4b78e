"""Real children: they render, they are killed when they hang, and nobody else notices."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from notifier.app.daemon import SystemClock
from notifier.core.outside import Outcome, Task, Text
from notifier.languages import LanguageError
from notifier.rendering import pool as pools
from notifier.rendering.pool import Pool
from tests.engine.fakes import Counting
from tests.languages.test_jinja_hostile import BOMBS, ESCAPES, TELLTALES

DATA = msgspec.json.encode({"name": "<b>", "big": "a" * 60_000, "l": [1, 2], "d": {"a": 1}})

LONGEST_S = 0.6
"""What a bomb may take until there is an answer (spec/security.md S2)."""


class Bench:
    """A pool, what it counted, and which texts it disabled."""

    def __init__(self) -> None:
        self.recorder = Counting()
        self.disabled: list[tuple[str, str]] = []
        self.pool = Pool(
            clock=SystemClock(),
            recorder=self.recorder,
            on_disabled=lambda scope, text, _: self.disabled.append((scope, text.text)),
        )

    async def render(self, *texts: str, scope: str = "shop", data: bytes = DATA) -> list[str]:
        """Return what the texts say, or their errors marked with an exclamation mark."""
        wanted = tuple((Text(text), "none") for text in texts)
        return [shown(each) for each in await self.pool.render(Task(scope, wanted, data))]  # type: ignore[arg-type]

    @property
    def kills(self) -> int:
        """How many were counted."""
        return sum(n for key, n in self.recorder.counts.items() if key[0] == "render_killed")


def shown(outcome: Outcome) -> str:
    """Return a text, or an error with its mark."""
    return f"! {outcome.message}" if isinstance(outcome, LanguageError) else outcome


def children() -> Sequence[int]:
    """Return the processes that this one has started and that live."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # a thread may end meanwhile
            found += [int(pid) for pid in (task / "children").read_text().split()]
    return [pid for pid in found if _read(pid, "cmdline").find("rendering.start") > 0]


def _read(pid: int, name: str) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_text()
    return ""


def _waits(status: str) -> bool:
    """Say whether a child has given up its rights, and sleeps or was stopped before."""
    return "Seccomp:\t2" in status and ("State:\tS" in status or "State:\tT" in status)


async def stop_all() -> Sequence[int]:
    """Let all children hang once they wait for work."""
    async with asyncio.timeout(10):
        while True:
            found = children()
            if len(found) == 2 and all(_waits(_read(pid, "status")) for pid in found):
                break
            await asyncio.sleep(0.01)
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    return found


@pytest.fixture
async def bench(no_collection: None) -> AsyncIterator[Bench]:
    """A pool whose children have started."""
    made = Bench()
    await asyncio.gather(made.render("a"), made.render("b", scope="pay"))
    yield made
    await made.pool.close()


async def test_texts_of_a_task_are_rendered_with_its_variables(bench: Bench) -> None:
    """Each text has an outcome of its own, in order; an error names what is wrong."""
    found = await bench.render("hello {{ name }}", "{{ name. }}", "{{ l | sum }}")
    assert found == ["hello <b>", "! expected name or number", "3"]
    assert bench.kills == 0


@pytest.mark.parametrize(
    ("escape", "expected"), [("none", "<b>"), ("slack", "&lt;b&gt;"), ("html", "&lt;b&gt;")]
)
async def test_data_is_defused_in_the_child(bench: Bench, escape: str, expected: str) -> None:
    """The field says how."""
    task = Task("shop", ((Text("{{ name }}"), escape),), DATA)  # type: ignore[arg-type]
    assert [shown(each) for each in await bench.pool.render(task)] == [expected]


async def test_partials_come_with_the_text(bench: Bench) -> None:
    """What a text includes is part of the task."""
    text = Text("{% include 'head' %}!", (("head", "to {{ name }}"),))
    assert await bench.pool.render(Task("shop", ((text, "none"),), DATA)) == ["to <b>!"]


async def test_texts_are_checked_without_variables(bench: Bench) -> None:
    """Checking compiles only: what is good is None."""
    good, bad = await bench.pool.check("shop", [Text("{{ a.b.c }}"), Text("\n{{ 1 ")])
    assert good is None
    assert bad is not None
    assert bad.line == 2


@pytest.mark.slow
async def test_bombs_and_escapes_end_soon_and_reach_nothing(bench: Bench) -> None:
    """Every hostile text has an answer within 600 ms, this process does not grow, and the renders
    of another team go on meanwhile as fast as ever."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    waits: list[float] = []

    async def neighbour() -> None:
        while True:
            begun = time.perf_counter()
            assert await bench.render("{{ name }}", scope="pay") == ["<b>"]
            waits.append(time.perf_counter() - begun)
            await asyncio.sleep(0.005)

    other = asyncio.create_task(neighbour())
    for number, text in enumerate([*BOMBS.values(), *ESCAPES]):
        begun = time.perf_counter()
        (answer,) = await bench.render(text, scope=f"shop-{number}")
        assert time.perf_counter() - begun < LONGEST_S, text
        assert not any(telltale in answer for telltale in TELLTALES), text
    assert not other.done(), other.exception()
    other.cancel()
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kb < 20 * 1024
    assert sorted(waits)[int(len(waits) * 0.99)] < 0.1


async def test_a_child_that_hangs_is_killed_and_replaced(bench: Bench) -> None:
    """Half a second, then the task has its error; the next one has a new child."""
    before = await stop_all()
    begun = time.perf_counter()
    (answer,) = await bench.render("{{ name }}")
    assert 0.4 < time.perf_counter() - begun < LONGEST_S
    assert answer == f"! {pools.STOPPED}"
    assert bench.kills == 1
    for _ in range(2):  # the other one hangs still
        await bench.render("{{ name }}", scope="pay")
    assert await bench.render("{{ name }}") == ["<b>"]
    assert not set(children()) & set(before)


async def test_a_child_that_dies_counts_as_killed(bench: Bench) -> None:
    """Whatever brings a child down costs the task, not the daemon."""
    for pid in children():
        os.kill(pid, signal.SIGKILL)
    answers = await bench.render("{{ name }}", "{{ l | sum }}")
    assert answers == [f"! {pools.STOPPED}"] * 2
    assert bench.kills == 1


async def test_three_kills_disable_a_text_until_it_is_edited(bench: Bench) -> None:
    """The text is named to whoever asked, and refused without a child; another text works."""
    for _ in range(3):
        await stop_all()
        assert await bench.render("{{ name }}") == [f"! {pools.STOPPED}"]
    assert bench.disabled == [("shop", "{{ name }}")]
    begun = time.perf_counter()
    (answer,) = await bench.render("{{ name }}")
    assert "disabled until it is edited" in answer
    assert time.perf_counter() - begun < 0.1
    assert bench.kills == 3
    await bench.render("x", scope="pay")
    await bench.render("x", scope="pay")
    assert await bench.render("{{ name }} again") == ["<b> again"]


async def test_a_scope_that_is_stopped_too_often_rests(bench: Bench) -> None:
    """Ever new texts that hang do not keep the children busy for ever; other scopes go on."""
    for number in range(pools.SCOPE_KILLS):
        await stop_all()
        await bench.render(f"{number}")
    (answer,) = await bench.render("harmless")
    assert "rests" in answer
    await bench.render("x", scope="pay")
    assert await bench.render("{{ name }}", scope="pay") == ["<b>"]


async def test_scopes_take_turns(bench: Bench) -> None:
    """One task of a quiet team is done before the backlog of a busy one."""
    done: list[str] = []

    async def one(scope: str) -> None:
        await bench.render("{{ big }}" * 10, scope=scope)
        done.append(scope)

    busy = [asyncio.create_task(one("busy")) for _ in range(100)]
    await asyncio.sleep(0)  # all of them are queued, and hardly one is done
    await one("quiet")
    assert done.count("busy") < 50
    await asyncio.gather(*busy)


async def test_a_child_is_replaced_before_its_time_is_up(bench: Bench) -> None:
    """Its two seconds of processor time are never used up by work that is fine."""
    before = children()
    heavy = "{% for i in range(900) %}{{ l | sort | join }}{{ i * i }}{% endfor %}"
    async with asyncio.timeout(30):
        while set(before) & set(children()):
            answers = await asyncio.gather(
                bench.render(heavy, scope="shop"), bench.render(heavy, scope="pay")
            )
            assert not any(answer.startswith("!") for (answer,) in answers)
    assert bench.kills == 0


async def test_output_and_variables_are_bounded(bench: Bench) -> None:
    """More than 64 KiB is an error, and so are variables of an absurd size; neither is a kill."""
    (answer,) = await bench.render("{{ big }}{{ big }}")
    assert answer == "! prints more than 65536 characters"
    (answer,) = await bench.render("x", data=b" " * (9 * 1024 * 1024) + b"{}")
    assert "too large" in answer
    assert bench.kills == 0


async def test_closing_ends_the_children(bench: Bench) -> None:
    """Nothing is left behind, and whoever waited is cancelled."""
    before = await stop_all()
    waiting = asyncio.create_task(bench.render("x"))
    await asyncio.sleep(0.05)
    await bench.pool.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(5):
        while set(children()) & set(before):  # noqa: ASYNC110 - a process ends when it ends
            await asyncio.sleep(0.01)
