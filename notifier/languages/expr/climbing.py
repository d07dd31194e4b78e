"""The operators of an expression: a parser that climbs precedences (parser/parser.go).

Every way down passes `expression`, which counts how deep it is: Python's stack is small. Values,
calls and what follows them are in `parser.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from notifier.languages.expr import grammar, lexer, limits, nodes
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.lexer import Token

_Node = TypeVar("_Node", bound=nodes.Node)


class Climber:
    """The state of one parse and the operators between values."""

    def __init__(self, tokens: Iterator[Token], nesting: int) -> None:
        self._tokens = tokens
        self._stashed: Token | None = None
        self._nesting = nesting
        self._deep = 0
        self._made = 0
        self.predicates = 0
        self.current = next(tokens)

    def primary(self) -> nodes.Node:
        """Return a value with what follows it."""
        raise NotImplementedError

    def piped(self, left: nodes.Node) -> nodes.Node:
        """Return the call that a pipe leads to."""
        raise NotImplementedError

    # Tokens

    def advance(self) -> Token:
        """Return the current token and go on to the next."""
        token = self.current
        if self._stashed is not None:
            self.current, self._stashed = self._stashed, None
        else:
            self.current = next(self._tokens, None) or self._ended()
        return token

    def _ended(self) -> Token:
        raise Fault("unexpected end of expression", self.current.at)

    def at(self, kind: lexer.Kind, value: str) -> bool:
        """Tell whether the current token is this one."""
        return self.current.kind == kind and self.current.value == value

    def at_operator(self, value: str) -> bool:
        """Tell whether the current token is this operator."""
        return self.at("Operator", value)

    def at_bracket(self, value: str) -> bool:
        """Tell whether the current token is this bracket."""
        return self.at("Bracket", value)

    def expect(self, kind: lexer.Kind, value: str = "") -> Token:
        """Return the current token, which must be this one. Raises `Fault`."""
        if self.current.kind != kind or (value and self.current.value != value):
            raise self.unexpected()
        return self.advance()

    def unexpected(self) -> Fault:
        """Return the complaint about the current token."""
        return Fault(f"unexpected token {self.current}", self.current.at)

    def made(self, node: _Node) -> _Node:
        """Count a node. Raises `Fault`."""
        self._made += 1
        if self._made > limits.NODES:
            raise Fault(
                "compilation failed: expression exceeds maximum allowed nodes", self.current.at
            )
        return node

    # Expressions

    def sequence(self) -> nodes.Node:
        """Return expressions separated by semicolons; the last may be followed by one."""
        parts = [self.expression()]
        while self.at_operator(";"):
            self.advance()
            if self.current.kind == "EOF":
                break
            parts.append(self.expression())
        if len(parts) == 1:
            return parts[0]
        return self.made(nodes.Sequence(parts=tuple(parts), at=parts[0].at))

    def expression(self, precedence: int = 0) -> nodes.Node:
        """Return an expression of operators that bind at least as tightly. Raises `Fault`."""
        self._deep += 1
        if self._deep > self._nesting:
            raise Fault(f"expression is nested more than {self._nesting} deep", self.current.at)
        if precedence == 0 and self.at_operator("let"):
            found = self._let()
        elif precedence == 0 and self.at_operator("if"):
            found = self._if()
        else:
            found = self._operators(self.primary(), precedence)
            if precedence == 0:
                found = self._conditional(found)
        self._deep -= 1
        return found

    def _operators(self, left: nodes.Node, precedence: int) -> nodes.Node:
        previous = ""
        while self.current.kind == "Operator":
            negated = self._negation(precedence) if self.current.value == "not" else False
            operator = self.current
            binds = grammar.BINARY.get(operator.value, -1)
            if negated is None or binds < precedence:
                break
            self.advance()
            if operator.value == "|":
                left = self.piped(left)
            elif previous == "??" and operator.value != "??":
                raise Fault(
                    f"Operator ({operator.value}) and coalesce expressions (??) cannot be mixed. "
                    "Wrap either by parentheses.",
                    operator.at,
                )
            elif operator.value in grammar.COMPARISONS:
                left = self._comparison(left, operator, binds)
            else:
                left = self._binary(left, operator, binds, negated)
            previous = operator.value
        return left

    def _negation(self, precedence: int) -> bool | None:
        """Go past the `not` of `not in`; None and nothing done if it binds too loosely."""
        word = self.advance()
        if self.current.value not in lexer.NEGATABLE:
            raise self.unexpected()
        if grammar.BINARY[self.current.value] >= precedence:
            return True
        self._stashed, self.current = self.current, word
        return None

    def _binary(self, left: nodes.Node, operator: Token, binds: int, negated: bool) -> nodes.Node:
        right = self.expression(binds if operator.value in grammar.RIGHT else binds + 1)
        found: nodes.Node = self.made(
            nodes.Binary(operator=operator.value, left=left, right=right, at=operator.at)
        )
        if negated:
            found = self.made(nodes.Unary(operator="not", operand=found, at=operator.at))
        return found

    def _comparison(self, left: nodes.Node, operator: Token, binds: int) -> nodes.Node:
        """Return `a < b`, and of `a < b < c` the conjunction of its pairs."""
        found: nodes.Node | None = None
        while True:
            right = self.expression(binds + 1)
            compared = self.made(
                nodes.Binary(operator=operator.value, left=left, right=right, at=operator.at)
            )
            found = (
                compared
                if found is None
                else self.made(
                    nodes.Binary(operator="&&", left=found, right=compared, at=operator.at)
                )
            )
            if self.current.kind != "Operator" or self.current.value not in grammar.COMPARISONS:
                return found
            left, operator = right, self.advance()

    def _let(self) -> nodes.Node:
        self.advance()
        name = self.expect("Identifier")
        self.expect("Operator", "=")
        value = self.expression()
        self.expect("Operator", ";")
        return self.made(nodes.Let(name=name.value, value=value, body=self.sequence(), at=name.at))

    def _if(self) -> nodes.Node:
        self.advance()
        test = self.expression()
        then = self._braced()
        self.expect("Operator", "else")
        otherwise = self.expression() if self.at_operator("if") else self._braced()
        return nodes.Conditional(test=test, then=then, otherwise=otherwise)

    def _braced(self) -> nodes.Node:
        self.expect("Bracket", "{")
        found = self.sequence()
        self.expect("Bracket", "}")
        return found

    def _conditional(self, test: nodes.Node) -> nodes.Node:
        while self.at_operator("?"):
            self.advance()
            then = test if self.at_operator(":") else self.expression()
            self.expect("Operator", ":")
            otherwise = self.expression()
            test = self.made(
                nodes.Conditional(test=test, then=then, otherwise=otherwise, at=self.current.at)
            )
        return test
