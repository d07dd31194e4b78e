"""Sprig's look-up of host names, by the resolver of the run: off unless allowed, for it blocks."""

from __future__ import annotations

from notifier.languages.golang import runs
from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate import registry
from notifier.languages.gotemplate.registry import register


@register(
    "string -> string",
    '{{getHostByName "localhost"}}',
    "127.0.0.1",
    "getHostByName",
    metered=True,
)
def get_host_by_name(run: runs.Run, name: str) -> str:
    """Return one of the addresses of a host. Fails if it has none; the answer may differ at each
    rendering."""
    run.step(registry.COSTLY)
    resolve = run.surroundings.resolve
    if resolve is None:
        raise GoError("no resolver: host names cannot be looked up here")
    found = resolve(name)
    if not found:
        raise GoError(f"no address found for host {name}")
    return found[int.from_bytes(run.chance(8)) % len(found)]
