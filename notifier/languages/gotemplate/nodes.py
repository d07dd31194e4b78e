"""The syntax tree of a template, after `text/template/parse/node.go`.

Every node knows the offset where it starts; `show` writes an expression as Go's errors quote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Dot:
    """`.`"""

    offset: int


@dataclass(frozen=True, slots=True)
class Nil:
    """`nil`"""

    offset: int


@dataclass(frozen=True, slots=True)
class Bool:
    """`true` or `false`"""

    offset: int
    value: bool


@dataclass(frozen=True, slots=True)
class String:
    """A string in quotes (`source`) and what it stands for."""

    offset: int
    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """An untyped constant: under every type that can hold it, None where none can."""

    offset: int
    source: str
    integer: int | None = None
    unsigned: int | None = None
    real: float | None = None
    imaginary: complex | None = None


@dataclass(frozen=True, slots=True)
class Identifier:
    """The name of a function."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """`.a.b`: the names after the points."""

    offset: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """`$x.a.b`: the name with its dollar sign, and the fields."""

    offset: int
    name: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """`(…).a.b` or `function.a.b`."""

    offset: int
    operand: Identifier | Pipe
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """Operands in a row: the first may be a function or a method, the others are its arguments."""

    offset: int
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands, each getting the value of the one before as its last argument. The value of the
    last is given to the variables: new ones, or (`assigns`) such as exist."""

    offset: int
    variables: tuple[Variable, ...]
    assigns: bool
    commands: tuple[Command, ...]


Constant: TypeAlias = Bool | String | Number
Literal: TypeAlias = Constant | Nil
Operand: TypeAlias = Literal | Dot | Identifier | Field | Variable | Chain | Pipe


@dataclass(frozen=True, slots=True)
class Text:
    """Text between actions."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """`{{pipeline}}`"""

    offset: int
    pipe: Pipe


@dataclass(frozen=True, slots=True)
class Break:
    """`{{break}}`"""

    offset: int


@dataclass(frozen=True, slots=True)
class Continue:
    """`{{continue}}`"""

    offset: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A pipeline and what is done if it is true."""

    pipe: Pipe
    body: Body


@dataclass(frozen=True, slots=True)
class If:
    """`{{if}}`, each `{{else if}}`, `{{else}}`."""

    offset: int
    branches: tuple[Branch, ...]
    otherwise: Body


@dataclass(frozen=True, slots=True)
class With:
    """`{{with}}`, each `{{else with}}`, `{{else}}`."""

    offset: int
    branches: tuple[Branch, ...]
    otherwise: Body


@dataclass(frozen=True, slots=True)
class Range:
    """`{{range}}`, `{{else}}`."""

    offset: int
    pipe: Pipe
    body: Body
    otherwise: Body


@dataclass(frozen=True, slots=True)
class Call:
    """`{{template "name" pipeline}}`; a `block` is one too."""

    offset: int
    name: str
    pipe: Pipe | None


Active: TypeAlias = Action | Break | Continue | If | With | Range | Call
Statement: TypeAlias = Text | Active
Body: TypeAlias = tuple[Statement, ...]
Node: TypeAlias = Statement | Operand | Command
Shown: TypeAlias = Operand | Command | Action | Call


def is_empty(body: Body) -> bool:
    """Say whether a body is nothing but white space: such a definition never replaces another."""
    return all(isinstance(node, Text) and not node.text.strip() for node in body)


def show(node: Shown) -> str:  # noqa: C901 - one line per kind of node
    """Write what an error is about in its plainest form."""
    match node:
        case Dot():
            return "."
        case Nil():
            return "nil"
        case Bool():
            return "true" if node.value else "false"
        case String() | Number():
            return node.source
        case Identifier():
            return node.name
        case Field():
            return "".join(f".{name}" for name in node.names)
        case Variable():
            return ".".join((node.name, *node.names))
        case Chain():
            return _grouped(node.operand) + "".join(f".{name}" for name in node.names)
        case Command():
            return " ".join(_grouped(operand) for operand in node.operands)
        case Pipe():
            return _pipe(node)
        case Action():
            return show(node.pipe)
        case _:
            return f"template {node.name}"


def _grouped(operand: Operand) -> str:
    return f"({show(operand)})" if isinstance(operand, Pipe) else show(operand)


def _pipe(pipe: Pipe) -> str:
    given = ", ".join(show(variable) for variable in pipe.variables)
    sign = f"{given} {'=' if pipe.assigns else ':='} " if given else ""
    return sign + " | ".join(show(command) for command in pipe.commands)
