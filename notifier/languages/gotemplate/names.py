"""What a template reads of its data: for those who check configuration without running it."""

from __future__ import annotations

from collections.abc import Iterable

from notifier.languages.gotemplate import nodes


def chains(body: nodes.Body) -> frozenset[tuple[str, ...]]:
    """Return the chains of names that a template's body reads of the data it is given, such as
    `("rollout", "status", "phase")`: after the point where the point is the data, and after `$`
    anywhere."""
    found: set[tuple[str, ...]] = set()
    waiting: list[tuple[nodes.Node, bool]] = [(node, True) for node in body]
    while waiting:
        node, whole = waiting.pop()
        match node:
            case nodes.Field(names=read) if whole:
                found.add(read)
            case nodes.Variable(name="$", names=read) if read:
                found.add(read)
            case _:
                pass
        waiting += _below(node, whole)
    return frozenset(found)


def _below(node: nodes.Node, whole: bool) -> Iterable[tuple[nodes.Node, bool]]:
    """Return the nodes inside a node, each with whether the point is the whole data there."""
    match node:
        case nodes.Chain(operand=inner):
            return [(inner, whole)]
        case nodes.Command(operands=inside):
            return [(each, whole) for each in inside]
        case nodes.Pipe(commands=commands):
            return [(each, whole) for each in commands]
        case nodes.Action(pipe=pipe):
            return [(pipe, whole)]
        case nodes.Call(pipe=pipe):
            return [] if pipe is None else [(pipe, whole)]
        case nodes.If(branches=branches, otherwise=otherwise):
            return [
                *((each.pipe, whole) for each in branches),
                *((inner, whole) for each in branches for inner in each.body),
                *((inner, whole) for inner in otherwise),
            ]
        case nodes.With(branches=branches, otherwise=otherwise):
            return [
                *((each.pipe, whole) for each in branches),
                *((inner, False) for each in branches for inner in each.body),
                *((inner, whole) for inner in otherwise),
            ]
        case nodes.Range(pipe=pipe, body=body, otherwise=otherwise):
            return [
                (pipe, whole),
                *((inner, False) for inner in body),
                *((inner, whole) for inner in otherwise),
            ]
        case _:
            return ()
