"""Sprig's merges of maps (mergo 1.0.1): each changes its first map and returns it.

Without overwriting only the empty values of the first map are replaced; maps that both have are
merged in turn. A nested map that the first one lacks is taken over, not copied, so a later merge
into it changes its origin too.
"""

from __future__ import annotations

from typing import Any

from notifier.languages.golang import runs
from notifier.languages.golang.values import Func, NilDict
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import flow

Dict = dict[Any, Any]


@register(
    "dict, ...dict -> any",
    '{{merge (dict "a" 1) (dict "a" 2 "b" 3)}}',
    "map[a:1 b:3]",
    "merge",
    "mustMerge",
    metered=True,
)
def merge(run: runs.Run, target: Dict, *sources: Dict) -> Dict:
    """Add what the first map lacks from the others, the first of them winning."""
    return _merged(run, target, sources, overwriting=False)


@register(
    "dict, ...dict -> any",
    '{{mergeOverwrite (dict "a" 1) (dict "a" 2 "b" 3)}}',
    "map[a:2 b:3]",
    "mergeOverwrite",
    "mustMergeOverwrite",
    metered=True,
)
def merge_overwrite(run: runs.Run, target: Dict, *sources: Dict) -> Dict:
    """Put what the other maps have into the first, the last of them winning."""
    return _merged(run, target, sources, overwriting=True)


def _merged(run: runs.Run, target: Dict, sources: tuple[Dict, ...], *, overwriting: bool) -> Dict:
    if isinstance(target, NilDict) and any(type(source) is dict for source in sources):
        target = {}
    for source in sources:
        _merge_into(run, target, source, overwriting=overwriting)
    return target


def _merge_into(run: runs.Run, target: Dict, source: Dict, *, overwriting: bool) -> None:
    run.step(1 + len(source))
    for name, value in list(source.items()):  # it may be, or hold, the target
        old = target.get(name)
        if value is None:
            if overwriting:
                target[name] = None
            continue
        if isinstance(value, dict) and isinstance(old, dict):
            _merge_into(run, old, value, overwriting=overwriting)
            if old:
                continue
        if overwriting or _is_empty(old):
            target[name] = value


def _is_empty(value: Any) -> bool:
    """Tell whether mergo takes a value for unset; it looks through pointers, so not at objects."""
    return not isinstance(value, Func) and flow.is_empty(value)
