"""Parses pipelines: operands, commands, variables (`text/template/parse/parse.go`).

Every function must be known and every variable declared further up, whether or not the branch is
ever taken.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import Final, NoReturn

from notifier.languages.golang import quoting, runs
from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate import constants, errors, lexer, nodes, registry

_LITERALS: Final = (nodes.Bool, nodes.Dot, nodes.Nil, nodes.Number, nodes.String)


class Pipelines:
    """The tokens of a text, and the parsing of what stands inside its actions.

    `index` is the next token, `variables` the names declared so far, `called` the functions met.
    """

    def __init__(self, text: str, limits: runs.Limits, functions: Collection[str]) -> None:
        self.text = text
        self.limits = limits
        self.functions = functions
        self.called: set[str] = set()
        self.tokens = lexer.tokens(text, limits.tokens)
        self.tokens += self.tokens[-1:] * 2  # so that whoever looks at the end may take it
        self.index = 0
        self.variables = ["$"]
        self.nesting = 0

    def peek(self) -> lexer.Token:
        """Return the next token and stay before it."""
        return self.tokens[self.index]

    def next(self) -> lexer.Token:
        """Return the next token; the last one for ever."""
        token = self.peek()
        self.index += 1
        return token

    def peek_word(self) -> lexer.Token:
        """Skip space; return the token after it and stay before it."""
        if self.tokens[self.index].kind == lexer.SPACE:  # one token, however long
            self.index += 1
        return self.tokens[self.index]

    def next_word(self) -> lexer.Token:
        """Skip space; return the token after it."""
        token = self.peek_word()
        self.index += 1
        return token

    def expect(self, kind: str, context: str) -> lexer.Token:
        """Return the next token but space, which has to be of that kind."""
        token = self.next_word()
        if token.kind != kind:
            self.unexpected(token, context)
        return token

    def error(self, message: str, token: lexer.Token | None = None) -> errors.ParseError:
        """Return the error at a token, or at the latest one."""
        if token is None:
            token = self.tokens[max(self.index - 1, 0)]
        line, column = errors.position(self.text, token.offset)
        shown = token.text if token.kind not in (lexer.ERROR, lexer.EOF) else ""
        return errors.ParseError(message, line=line, column=column, text=shown)

    def unexpected(self, token: lexer.Token, context: str) -> NoReturn:
        """Raise the error for a token that cannot stand where it stands."""
        if token.kind == lexer.ERROR:
            raise self.error(token.text, token)
        raise self.error(f"unexpected {_show(token)} in {context}", token)

    def deeper(self) -> None:
        """Enter one level of nesting."""
        self.nesting += 1
        if self.nesting > self.limits.nesting:
            raise self.error(f"nested more than {self.limits.nesting} levels deep")

    def pipeline(self, context: str, end: str) -> nodes.Pipe:
        """Parse variables, if any, and commands, up to the end token."""
        offset = self.peek_word().offset
        variables, assigns = self.declarations(context)
        commands: list[nodes.Command] = []
        nesting = self.nesting
        while (token := self.next_word()).kind != end:
            if token.kind not in _TERMS:
                self.unexpected(token, context)
            self.index -= 1
            commands.append(self.command())
            self.deeper()  # a stage is a call around the one before
        self.nesting = nesting
        if not commands:
            raise self.error(f"missing value for {context}", token)
        for stage, command in enumerate(commands[1:], 2):
            if isinstance(command.operands[0], _LITERALS):
                raise self.error(f"non executable command in pipeline stage {stage}", token)
        return nodes.Pipe(offset, variables, assigns, tuple(commands))

    def declarations(self, context: str) -> tuple[tuple[nodes.Variable, ...], bool]:
        """Parse `$x :=`, `$x =` or, for a range, `$x, $y :=`."""
        found: list[nodes.Variable] = []
        while (token := self.peek_word()).kind == lexer.VARIABLE:
            start = self.index
            self.index += 1
            sign = self.peek_word()
            if sign.kind not in (lexer.ASSIGN, lexer.DECLARE) and sign.text != ",":
                self.index = start
                break
            self.index += 1
            found.append(nodes.Variable(token.offset, token.text))
            self.variables.append(token.text)
            if sign.text != ",":
                return tuple(found), sign.kind == lexer.ASSIGN
            if context != "range" or len(found) > 1:
                raise self.error(f"too many declarations in {context}", sign)
            if self.peek_word().kind not in (lexer.VARIABLE, lexer.CLOSE, lexer.RIGHT):
                raise self.error("range can only initialize variables", self.peek())
        return tuple(found), False

    def command(self) -> nodes.Command:
        """Parse operands up to a pipe sign, which is consumed, or the end, which is not."""
        offset = self.peek_word().offset
        operands = []
        while True:
            self.peek_word()
            operand = self.operand()
            if operand is not None:
                operands.append(operand)
            token = self.next()
            if token.kind == lexer.SPACE:
                continue
            if token.kind in (lexer.CLOSE, lexer.RIGHT):
                self.index -= 1
            elif token.kind != lexer.PIPE:
                self.unexpected(token, "operand")
            break
        return nodes.Command(offset, tuple(operands))

    def operand(self) -> nodes.Operand | None:
        """Parse a term and the fields that touch it; None if there is no term."""
        term = self.term()
        if term is None or self.peek().kind != lexer.FIELD:
            return term
        names = []
        while self.peek().kind == lexer.FIELD:
            names.append(self.next().text[1:])
        match term:
            case nodes.Field():
                return nodes.Field(term.offset, (*term.names, *names))
            case nodes.Variable():
                return nodes.Variable(term.offset, term.name, (*term.names, *names))
            case nodes.Identifier() | nodes.Pipe():
                return nodes.Chain(term.offset, term, tuple(names))
            case _:
                shown = quoting.quote(nodes.show(term))
                raise self.error(f"unexpected . after term {shown}")

    def term(self) -> nodes.Operand | None:
        """Parse a literal, a name or a pipeline in parentheses; None if the next is none."""
        token = self.next_word()
        parse = _TERMS.get(token.kind)
        if parse is None:
            self.index -= 1
            return None
        return parse(self, token)

    def variable(self, token: lexer.Token) -> nodes.Variable:
        """Return a variable, which has to be declared."""
        if token.text not in self.variables:
            raise self.error(f"undefined variable {quoting.quote(token.text)}", token)
        return nodes.Variable(token.offset, token.text)

    def group(self, _token: lexer.Token) -> nodes.Pipe:
        """Parse a pipeline in parentheses; the left one is past."""
        self.deeper()
        pipe = self.pipeline("parenthesized pipeline", lexer.RIGHT)
        self.nesting -= 1
        return pipe

    def function(self, token: lexer.Token) -> nodes.Identifier:
        """Return the name of a function, which has to exist."""
        if token.text in self.functions:
            self.called.add(token.text)
            return nodes.Identifier(token.offset, token.text)
        if token.text in registry.REFUSED:
            error = self.error(f"function {quoting.quote(token.text)} is switched off", token)
            error.hint = registry.REFUSED[token.text] or (
                f"the operator may allow it: templates.allowFunctions: [{token.text}]"
            )
            raise error
        error = self.error(f"function {quoting.quote(token.text)} not defined", token)
        near = difflib.get_close_matches(token.text, self.functions, 1)
        error.hint = f"did you mean {near[0]}?" if near else ""
        raise error

    def string(self, token: lexer.Token) -> nodes.String:
        """Return a string literal."""
        try:
            return constants.string(token.offset, token.text)
        except GoError as error:
            raise self.error(str(error), token) from error

    def number(self, token: lexer.Token) -> nodes.Number:
        """Return a number literal."""
        try:
            return constants.number(token.kind, token.text, token.offset)
        except GoError as error:
            raise self.error(str(error), token) from error


_TERMS: Final[Mapping[str, Callable[[Pipelines, lexer.Token], nodes.Operand]]] = {
    lexer.IDENTIFIER: Pipelines.function,
    lexer.DOT: lambda _, token: nodes.Dot(token.offset),
    lexer.NIL: lambda _, token: nodes.Nil(token.offset),
    lexer.VARIABLE: Pipelines.variable,
    lexer.FIELD: lambda _, token: nodes.Field(token.offset, (token.text[1:],)),
    lexer.BOOL: lambda _, token: nodes.Bool(token.offset, token.text == "true"),
    lexer.STRING: Pipelines.string,
    lexer.LEFT: Pipelines.group,
    lexer.CHARACTER: Pipelines.number,
    lexer.COMPLEX: Pipelines.number,
    lexer.NUMBER: Pipelines.number,
}
"""How each kind of token that starts a term is parsed."""


def _show(token: lexer.Token) -> str:
    """Write a token as errors do."""
    if token.kind in lexer.KEYWORDS:
        return f"<{token.text}>"
    if len(token.text) > 10:
        return f"{quoting.quote(token.text[:10])}..."
    return quoting.quote(token.text)
