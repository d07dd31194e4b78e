"""Sprig's functions on maps from text to anything.

`set`, `unset` and the merges change the map they are given and return it; the engine keeps them
away from the caller's data. A missing value as a map reads as empty and cannot be changed
(trap 24). Where Go goes by the random order of its maps, ours are sorted (trap 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.languages.golang import runs, values
from notifier.languages.golang.values import GoError, NilDict, Strings
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import casts, versions

Dict = dict[Any, Any]


@register("...any -> dict", '{{dict "a" 1 "b"}}', "map[a:1 b:]", "dict", metered=True)
def dict_(run: runs.Run, *pairs: Any) -> Dict:
    """Return a map of keys and values in turn; a last key without value gets an empty text."""
    run.items(len(pairs))
    found: Dict = {}
    for place in range(0, len(pairs), 2):
        value = pairs[place + 1] if place + 1 < len(pairs) else ""
        found[casts.text(run, pairs[place])] = value
    return found


@register("dict, string -> any", '{{get (dict "a" 1) "a"}}', "1")
def get(mapping: Mapping[str, Any], name: str) -> Any:
    """Return the value of a key, an empty text if there is none."""
    return mapping.get(name, "")


@register("dict, string -> bool", '{{hasKey (dict "a" 1) "a"}}', "true", "hasKey")
def has_key(mapping: Mapping[str, Any], name: str) -> bool:
    """Tell whether the map has a key."""
    return name in mapping


@register("dict, string, any -> dict", '{{set (dict "a" 1) "b" 2}}', "map[a:1 b:2]", "set")
def set_(mapping: Dict, name: str, value: Any) -> Dict:
    """Give a key a value, and return the map."""
    if isinstance(mapping, NilDict):
        raise GoError("assignment to entry in nil map")
    mapping[name] = value
    return mapping


@register("dict, string -> dict", '{{unset (dict "a" 1 "b" 2) "b"}}', "map[a:1]")
def unset(mapping: Dict, name: str) -> Dict:
    """Remove a key, and return the map."""
    mapping.pop(name, None)
    return mapping


@register(
    "string, ...dict -> list",
    '{{pluck "a" (dict "a" 1) (dict "b" 2) (dict "a" 3)}}',
    "[1 3]",
    metered=True,
)
def pluck(run: runs.Run, name: str, *mappings: Mapping[str, Any]) -> list[Any]:
    """Return the values that maps have for a key."""
    run.items(len(mappings))
    return [mapping[name] for mapping in mappings if name in mapping]


@register("...dict -> list", '{{keys (dict "b" 1 "a" 2)}}', "[a b]", metered=True)
def keys(run: runs.Run, *mappings: Mapping[str, Any]) -> Strings:
    """Return the keys of the maps, those of each sorted."""
    run.items(sum(map(len, mappings)))
    return Strings(name for mapping in mappings for name in sorted(mapping))


@register("dict -> list", '{{values (dict "b" 1 "a" 2)}}', "[2 1]", "values", metered=True)
def values_(run: runs.Run, mapping: Mapping[str, Any]) -> list[Any]:
    """Return the values of the map in the order of its keys."""
    run.items(len(mapping))
    return [mapping[name] for name in sorted(mapping)]


@register("dict, ...string -> dict", '{{pick (dict "a" 1 "b" 2) "a"}}', "map[a:1]", metered=True)
def pick(run: runs.Run, mapping: Mapping[str, Any], *names: str) -> Dict:
    """Return a map of the given keys only."""
    run.items(len(names))
    return {name: mapping[name] for name in names if name in mapping}


@register("dict, ...string -> dict", '{{omit (dict "a" 1 "b" 2) "a"}}', "map[b:2]", metered=True)
def omit(run: runs.Run, mapping: Mapping[str, Any], *names: str) -> Dict:
    """Return a map of all but the given keys."""
    run.items(len(mapping))
    left_out = frozenset(names)
    return {name: value for name, value in mapping.items() if name not in left_out}


@register("...any -> any", '{{dict "a" (dict "b" 1) | dig "a" "b" 0}}', "1")
def dig(*path: Any) -> Any:
    """Return what a map holds under a path of keys, or the default before the map where a key is
    missing. Fails where the path leads through something that is no map."""
    if len(path) < 3:
        raise GoError("dig needs at least three arguments")
    *names, other, found = path
    _expect_map(found)
    for name in names:
        if type(name) is not str:
            raise _unlike(name, "string")
    for name in names:
        _expect_map(found)
        if name not in found:
            return other
        found = found[name]
    return found


def _expect_map(value: Any) -> None:
    if type(value) is not dict:
        raise _unlike(value, "map[string]interface {}")


def _unlike(value: Any, wanted: str) -> GoError:
    found = "nil" if value is None else values.type_name(value)
    return GoError(f"interface conversion: interface {{}} is {found}, not {wanted}")


@register(
    "any -> any", '{{deepCopy (dict "a" 1)}}', "map[a:1]", "deepCopy", "mustDeepCopy", metered=True
)
def deep_copy(run: runs.Run, value: Any) -> Any:
    """Return a copy of the value that shares nothing with it. Fails on nil."""
    if value is None:
        raise GoError("reflect: call of reflect.Value.Type on zero Value")
    return _copied(run, value)


def _copied(run: runs.Run, value: Any) -> Any:
    run.step()
    if isinstance(value, dict):
        run.items(len(value))
        return type(value)((name, _copied(run, item)) for name, item in value.items())
    if isinstance(value, list):
        run.items(len(value))
        return type(value)(_copied(run, item) for item in value)
    if isinstance(value, versions.Version):
        return type(value)((0, 0, 0), original="")  # its parts are private to its package
    return value
