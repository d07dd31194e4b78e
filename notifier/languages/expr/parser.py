"""From a text to a tree: literals, names, calls, and what follows them (parser/parser.go)."""

from __future__ import annotations

import math

from typing_extensions import override

from notifier.languages.expr import builtins, grammar, lexer, nodes
from notifier.languages.expr.climbing import Climber
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.lexer import Token
from notifier.languages.golang import bytetexts, numbers
from notifier.languages.golang.values import GoError

_BASES = (("0x", "hex"), ("0b", "binary"), ("0o", "octal"))


def parse(text: str, nesting: int) -> nodes.Node:
    """Return the tree of an expression. Raises `Fault`."""
    parser = Parser(lexer.tokens(text), nesting)
    tree = parser.sequence()
    if parser.current.kind != "EOF":
        raise parser.unexpected()
    return tree


class Parser(Climber):
    """The parser with its values."""

    @override
    def primary(self) -> nodes.Node:
        """Return a value with what follows it. Raises `Fault`."""
        token = self.current
        if token.kind == "Operator":
            if token.value in grammar.UNARY:
                return self._postfix(self._unary())
            if self.predicates and token.value in ("#", "."):
                return self._postfix(self._pointer())
            if token.value == "::":
                self.advance()
                return self._postfix(self._call(self.expect("Identifier")))
        if self.at_bracket("("):
            self.advance()
            found = self.sequence()
            self.expect("Bracket", ")")
            return self._postfix(found)
        return self._secondary()

    @override
    def piped(self, left: nodes.Node) -> nodes.Node:
        """Return the call that a pipe leads to, with the left side as its first argument."""
        return self._call(self.expect("Identifier"), (left,))

    def _unary(self) -> nodes.Node:
        operator = self.advance()
        operand = self.expression(grammar.UNARY[operator.value])
        return self.made(nodes.Unary(operator=operator.value, operand=operand, at=operator.at))

    def _pointer(self) -> nodes.Node:
        start, name = self.current, ""
        if start.value == "#":
            self.advance()
            if self.current.kind == "Identifier":
                name = self.advance().value
        return self.made(nodes.Pointer(name=name, at=start.at))

    def _secondary(self) -> nodes.Node:
        token = self.current
        if token.kind == "Identifier":
            return self._named()
        if token.kind == "Number":
            return self._number()
        if token.kind == "String":
            self.advance()
            return self._postfix(self.made(nodes.String(value=token.value, at=token.at)))
        if token.kind == "Bytes":
            self.advance()
            data = bytetexts.encode(token.value)
            return self._postfix(self.made(nodes.Bytes(value=data, at=token.at)))
        if self.at_bracket("["):
            return self._postfix(self._array())
        if self.at_bracket("{"):
            return self._postfix(self._map())
        raise self.unexpected()

    def _named(self) -> nodes.Node:
        token = self.advance()
        if token.value in ("true", "false"):
            return self.made(nodes.Bool(value=token.value == "true", at=token.at))
        if token.value == "nil":
            return self.made(nodes.Nil(at=token.at))
        if self.at_bracket("("):
            return self._postfix(self._call(token))
        return self._postfix(self.made(nodes.Identifier(name=token.value, at=token.at)))

    def _number(self) -> nodes.Node:
        token = self.advance()
        text = token.value.replace("_", "")
        lowered = text.lower()
        base = next((name for start, name in _BASES if lowered.startswith(start)), "")
        kind = base or "integer"
        if base != "hex" and ("." in lowered or "e" in lowered):
            kind = "float"
        try:
            if kind == "float":
                return self._float(numbers.parse_float(text), token)
            value = numbers.parse_int(text, 0 if base else 10)
        except GoError as error:
            raise Fault(f"invalid {kind} literal: {error}", self.current.at) from error
        return self.made(nodes.Integer(value=value, at=token.at))

    def _float(self, value: float, token: Token) -> nodes.Node:
        if math.isinf(value):
            raise Fault("float literal is too large", self.current.at)
        return self.made(nodes.Float(value=value, at=token.at))

    # Calls

    def _call(self, name: Token, arguments: tuple[nodes.Node, ...] = ()) -> nodes.Node:
        if name.value in grammar.PREDICATES:
            arguments = self._predicate_arguments(grammar.PREDICATES[name.value], arguments)
        elif name.value in builtins.FUNCTIONS:
            arguments = self._arguments(arguments)
        else:
            callee = self.made(nodes.Identifier(name=name.value, at=name.at))
            given = self._arguments(arguments)
            return self.made(nodes.Call(callee=callee, arguments=given, at=name.at))
        return self.made(nodes.Builtin(name=name.value, arguments=arguments, at=name.at))

    def _predicate_arguments(
        self, parameters: tuple[grammar.Parameter, ...], given: tuple[nodes.Node, ...]
    ) -> tuple[nodes.Node, ...]:
        self.expect("Bracket", "(")
        found = list(given)
        expected = parameters[len(given) :]
        for position, parameter in enumerate(expected):
            if self.at_bracket(")"):
                if parameter.optional:
                    break
                raise Fault(f"expected at least {len(expected)} arguments", self.current.at)
            if position:
                self.expect("Operator", ",")
            expression = parameter.kind == "expression"
            found.append(self.expression() if expression else self._predicate())
        if self.at_operator(","):
            self.advance()
        self.expect("Bracket", ")")
        return tuple(found)

    def _predicate(self) -> nodes.Node:
        start = self.current
        braced = self.at_bracket("{")
        if braced:
            self.advance()
        self.predicates += 1
        body = self.sequence() if braced else self.expression()
        if not braced and self.at_operator(";"):
            raise Fault("wrap predicate with brackets { and }", self.current.at)
        self.predicates -= 1
        if braced:
            self.expect("Bracket", "}")
        return self.made(nodes.Predicate(body=body, at=start.at))

    def _arguments(self, given: tuple[nodes.Node, ...] = ()) -> tuple[nodes.Node, ...]:
        self.expect("Bracket", "(")
        return given + tuple(self._listed(")"))

    def _listed(self, close: str) -> list[nodes.Node]:
        """Return expressions separated by commas up to a bracket; one comma may end them."""
        found: list[nodes.Node] = []
        while not self.at_bracket(close):
            if found:
                self.expect("Operator", ",")
                if self.at_bracket(close):
                    break
            found.append(self.expression())
        self.expect("Bracket", close)
        return found

    # Lists and maps

    def _array(self) -> nodes.Node:
        start = self.advance()
        return self.made(nodes.Array(items=tuple(self._listed("]")), at=start.at))

    def _map(self) -> nodes.Node:
        start = self.advance()
        pairs: list[nodes.Pair] = []
        while not self.at_bracket("}"):
            if pairs:
                self.expect("Operator", ",")
                if self.at_bracket("}"):
                    break
                if self.at_operator(","):
                    raise self.unexpected()
            key = self._key()
            self.expect("Operator", ":")
            pairs.append(self.made(nodes.Pair(key=key, value=self.expression(), at=start.at)))
        self.expect("Bracket", "}")
        return self.made(nodes.Map(pairs=tuple(pairs), at=start.at))

    def _key(self) -> nodes.Node:
        token = self.current
        if token.kind in ("Number", "String", "Identifier"):
            self.advance()
            return self.made(nodes.String(value=token.value, at=token.at))
        if self.at_bracket("("):
            return self.expression()
        raise Fault(
            "a map key must be a quoted string, a number, a identifier, or an expression "
            f"enclosed in parentheses (unexpected token {token})",
            token.at,
        )

    # What follows a value

    def _postfix(self, node: nodes.Node) -> nodes.Node:
        while self.current.kind in ("Operator", "Bracket"):
            optional = self.current.value == "?."
            if optional or self.current.value == ".":
                self.advance()
                if optional and self.at_bracket("["):
                    node = self._index(node, optional=True)
                else:
                    node = self._property(node, optional=optional)
            elif self.current.value == "[":
                node = self._index(node, optional=False)
            else:
                break
        return node

    def _property(self, node: nodes.Node, *, optional: bool) -> nodes.Node:
        name = self.advance()
        word = name.kind == "Operator" and lexer.is_word(name.value[0])
        if name.kind != "Identifier" and not word:
            raise Fault("expected name", self.current.at)
        key = self.made(nodes.String(value=name.value, at=name.at))
        chained = isinstance(node, nodes.Chain)
        base = node.node if isinstance(node, nodes.Chain) else node
        called = self.at_bracket("(")
        found: nodes.Node = self.made(
            nodes.Member(base=base, name=key, optional=optional, called=called, at=name.at)
        )
        if called:
            arguments = self._arguments()
            found = self.made(nodes.Call(callee=found, arguments=arguments, at=name.at))
        if chained or optional:
            found = self.made(nodes.Chain(node=found, at=name.at))
        return found

    def _index(self, node: nodes.Node, *, optional: bool) -> nodes.Node:
        bracket = self.advance()
        start = None if self.at_operator(":") else self.expression()
        found: nodes.Node
        if self.at_operator(":"):
            self.advance()
            stop = None if self.at_bracket("]") else self.expression()
            found = self.made(nodes.Slice(base=node, start=start, stop=stop, at=bracket.at))
        elif start is not None:
            found = self.made(nodes.Member(base=node, name=start, optional=optional, at=bracket.at))
            if optional:
                found = self.made(nodes.Chain(node=found, at=bracket.at))
        self.expect("Bracket", "]")
        return found
