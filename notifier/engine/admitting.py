"""Which namespaces have a configuration of their own, and one task set for each while they do.

Strict mode reads one named ConfigMap per namespace: the first hundred are watched, the others
looked at once a minute. Simple mode follows all labelled ConfigMaps of the cluster in one watch
(spec/security.md 5.1). Namespaces come and go; one that cannot be read harms no other.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from notifier.core.configuration import Configuration
from notifier.core.errors import ClusterError, Problem
from notifier.core.outside import Text, Verdicts
from notifier.core.settings import SelfServiceSettings
from notifier.engine.gathering import closed
from notifier.engine.patience import Patience
from notifier.engine.scoped import AGAIN_S, Around, Place, Scoped
from notifier.languages import LanguageError
from notifier.ports import Renderer

log = logging.getLogger(__name__)

WATCHED: Final = 100
"""ConfigMaps that are watched one by one; beyond, a look once a minute costs less."""

LOADING_S: Final = 20.0
"""Seconds that the daemon waits at its start for the configurations of all teams."""


class CompileTeam(Protocol):
    """`core.configuration.compile_configuration` for the ConfigMap of a team."""

    def __call__(
        self,
        namespace: str,
        config_map: Mapping[str, str],
        secret: Mapping[str, bytes],
        central: Configuration,
        previous: Configuration | None,
        verdicts: Verdicts,
    ) -> Configuration:
        """Compile over the central configuration; never raises for a fault of the team's."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Teams:
    """How configurations of teams are found, compiled and checked; the names of their objects."""

    settings: SelfServiceSettings
    config_map: str
    secret: str
    compile_with: CompileTeam
    renderer: Renderer

    async def compiled(
        self,
        namespace: str,
        config_map: Mapping[str, str],
        secret: Mapping[str, bytes],
        central: Configuration,
        *,
        previous: Configuration | None = None,
        known: dict[Text, LanguageError | None],
    ) -> Configuration:
        """Compile, have the texts checked that only the child may compile, and compile once more
        if some are bad. `known` are verdicts on texts; it is brought up to date."""
        verdicts = Verdicts(known)
        given = (namespace, config_map, secret, central, previous, verdicts)
        made = self.compile_with(*given)
        if unknown := list(dict.fromkeys(verdicts.unknown)):
            found = await self.renderer.check(namespace, unknown)
            known.update(zip(unknown, found, strict=True))
            if any(found):
                made = self.compile_with(*given)
        for text in known.keys() - verdicts.met:
            del known[text]
        return made


@dataclass(slots=True)
class _Admitted:
    """A namespace that takes part."""

    scoped: Scoped
    watched: bool = False
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    known: dict[Text, LanguageError | None] = field(default_factory=dict)


class Admitting:
    """Holds one `Scoped` per namespace that takes part; never for the namespace `without`.

    `on_dismissed` is told who still takes part whenever somebody does no more.
    """

    def __init__(
        self,
        teams: Teams,
        around: Around,
        central: Configuration,
        *,
        without: str,
        on_dismissed: Callable[[Iterable[str]], None],
    ) -> None:
        self._teams = teams
        self._around = around
        self._central = central
        self._without = without
        self._on_dismissed = on_dismissed
        self._admitted: dict[str, _Admitted] = {}
        self._listed = asyncio.Event()
        self._stale = asyncio.Event()
        self._awaited: set[str] = set()
        self._selected: set[str] = set()
        self._labelled: dict[str, bytes] = {}
        self._group: asyncio.TaskGroup | None = None

    # --- what others ask ----------------------------------------------------------------------

    def of(self, namespace: str) -> Configuration | None:
        """Return the configuration of a namespace, None if it does not take part."""
        found = self._admitted.get(namespace)
        return None if found is None else found.scoped.current

    def all(self) -> Sequence[Configuration]:
        """Return the configurations of all namespaces that take part, by name."""
        return [each.scoped.current for _, each in sorted(self._admitted.items())]

    def doubt(self, namespace: str) -> None:
        """Look at the Secret of a namespace soon."""
        if (found := self._admitted.get(namespace)) is not None:
            found.scoped.doubt()

    def central_changed(self, central: Configuration) -> None:
        """Compile all over again on a new central configuration, one after the other."""
        self._central = central
        self._stale.set()

    def disable(self, namespace: str, text: Text, error: LanguageError) -> None:
        """Take a text for bad from now on, and show that to its owner."""
        if (found := self._admitted.get(namespace)) is not None:
            found.known[text] = error
            self._spawn(found, found.scoped.again(), f"disable a text of {namespace}")

    async def loaded(self) -> None:
        """Wait until every configuration was read once, or refused; not for ever."""
        try:
            async with asyncio.timeout(LOADING_S):
                await self._listed.wait()
                for each in list(self._admitted.values()):
                    await each.scoped.loaded.wait()
        except TimeoutError:
            log.warning("configurations of teams are still being read; going on without them")

    # --- who takes part -----------------------------------------------------------------------

    async def run(self) -> None:
        """Follow who takes part, and each of them, for ever."""
        settings = self._teams.settings
        async with asyncio.TaskGroup() as self._group:
            self._group.create_task(self._recompile(), name="recompile for teams")
            if settings.namespace_selector:
                self._awaited.add("Namespace")
                self._group.create_task(self._follow_namespaces(), name="follow namespaces")
            if settings.mode == "simple":
                self._awaited.add("ConfigMap")
                self._group.create_task(self._follow_labelled(), name="follow ConfigMaps of teams")
            self._settle()

    async def _follow_namespaces(self) -> None:
        """Follow the namespaces that the selector selects."""
        selector = self._teams.settings.namespace_selector
        async for whole, changes in self._changes("Namespace", selector):
            if whole:
                self._selected.clear()
            for (_, name), raw in changes.items():
                if raw is None:
                    self._selected.discard(name)
                else:
                    self._selected.add(name)
            self._settle("Namespace")

    async def _follow_labelled(self) -> None:
        """Follow the labelled ConfigMaps of the whole cluster (simple mode)."""
        selector = self._teams.settings.label_selector
        async for whole, changes in self._changes("ConfigMap", selector):
            if whole:
                self._labelled.clear()
            for (namespace, name), raw in changes.items():
                if name != self._teams.config_map:
                    continue
                if raw is None:
                    self._labelled.pop(namespace, None)
                else:
                    self._labelled[namespace] = raw
                    if (admitted := self._admitted.get(namespace)) is not None:
                        self._spawn(admitted, admitted.scoped.take(raw), f"read {namespace}")
            self._settle("ConfigMap")

    async def _changes(
        self, kind: str, selector: str
    ) -> AsyncIterator[tuple[bool, Mapping[tuple[str, str], bytes | None]]]:
        """Yield what a watch of selected objects tells, for ever; a refusal is shown."""
        part = f"self-service: {kind.lower()}s"
        patience = Patience(self._around.clock, longest_s=AGAIN_S)
        while True:
            watch = self._around.cluster.watch_objects(kind, selector)
            try:
                async for found in watch:
                    patience.succeeded()
                    self._around.status.mend(part)
                    yield found
            except ClusterError as error:
                if self._around.status.degrade(part, error):
                    extra = {"part": part, "error": str(error)}
                    log.error("cannot watch", extra=extra)  # noqa: TRY400 - the server says all
                self._settle(kind)
            finally:
                await closed(watch)
            await patience.wait()

    def _settle(self, told: str = "") -> None:
        """Let exactly those take part that are wanted now; `told` is what has been listed."""
        for namespace in sorted(self._admitted.keys() - self._wanted()):
            self._dismiss(namespace)
        for namespace in sorted(self._wanted() - self._admitted.keys()):
            self._admit(namespace)
        self._awaited.discard(told)
        if not self._awaited:
            self._listed.set()

    def _wanted(self) -> set[str]:
        settings = self._teams.settings
        named = {*settings.namespaces, *self._selected}
        if settings.mode == "simple":
            restricted = settings.namespaces or settings.namespace_selector
            named = named & self._labelled.keys() if restricted else set(self._labelled)
        return named - {self._without, ""}

    # --- one namespace ------------------------------------------------------------------------

    def _admit(self, namespace: str) -> None:
        """Begin to follow the configuration of a namespace."""
        place = Place(
            namespace=namespace, config_map=self._teams.config_map, secret=self._teams.secret
        )
        known: dict[Text, LanguageError | None] = {}
        compiled = functools.partial(self._compile, namespace, known)
        first = self._bare(namespace)
        admitted = _Admitted(Scoped(namespace, place, self._around, compiled, first), known=known)
        self._admitted[namespace] = admitted
        scoped = admitted.scoped
        if self._teams.settings.mode == "simple":
            self._spawn(admitted, scoped.take(self._labelled[namespace]), f"read {namespace}")
        elif sum(each.watched for each in self._admitted.values()) < WATCHED:
            admitted.watched = True
            self._spawn(admitted, scoped.watch(), f"watch {namespace}")
        else:
            self._spawn(admitted, scoped.poll(), f"poll {namespace}")
        self._spawn(admitted, scoped.follow_secret(), f"follow the Secret of {namespace}")

    def _dismiss(self, namespace: str) -> None:
        """Forget a namespace that no longer takes part."""
        admitted = self._admitted.pop(namespace)
        for task in list(admitted.tasks):
            task.cancel()
        admitted.scoped.leave()
        log.info("takes part no more", extra={"scope": namespace})
        self._on_dismissed(self._admitted)
        self._around.on_change()

    def _spawn(self, admitted: _Admitted, work: Coroutine[Any, Any, None], name: str) -> None:
        if self._group is None:
            work.close()
            return
        task = self._group.create_task(work, name=name)
        admitted.tasks.append(task)
        task.add_done_callback(admitted.tasks.remove)

    # --- compiling ----------------------------------------------------------------------------

    async def _recompile(self) -> None:
        """Compile all over again after a change of the central configuration; each in a turn of
        its own, so that the loop goes on."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            for admitted in list(self._admitted.values()):
                await admitted.scoped.again()
                await asyncio.sleep(0)

    def _bare(self, namespace: str) -> Configuration:
        """Return what a namespace has before its ConfigMap is read: names of the operator's."""
        return self._teams.compile_with(namespace, {}, {}, self._central, None, Verdicts())

    async def _compile(
        self,
        namespace: str,
        known: dict[Text, LanguageError | None],
        config_map: Mapping[str, str],
        secret: Mapping[str, bytes],
        previous: Configuration | None,
    ) -> Configuration:
        """Compile; a defect of ours that a team's text brings to light costs that team its change,
        not everybody the daemon."""
        try:
            return await self._teams.compiled(
                namespace, config_map, secret, self._central, previous=previous, known=known
            )
        except Exception as error:
            log.exception("a configuration cannot be compiled", extra={"scope": namespace})
            problem = Problem(
                document=f"{namespace}/{self._teams.config_map}",
                key="",
                message=f"cannot be compiled: {type(error).__name__}; the last good one stays",
            )
            former = previous or self._bare(namespace)
            return dataclasses.replace(former, problems=(problem,))
