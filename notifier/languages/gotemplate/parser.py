"""Recursive descent over the tokens, step for step the grammar of `text/template/parse/parse.go`.

The statements; `pipelines.py` has what is inside them. A template set (`define`, `block`) is the
matter of one text.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from notifier.languages.golang import quoting, runs
from notifier.languages.gotemplate import errors, lexer, nodes, pipelines

_ENDS: Final = frozenset(("end", "else"))


@dataclass(frozen=True, slots=True)
class Parsed:
    """The bodies of a text by template name, its own among them, the functions it names, and the
    templates it calls."""

    bodies: dict[str, nodes.Body]
    called: frozenset[str]
    uses: frozenset[str]


def parse(text: str, name: str, limits: runs.Limits, functions: Collection[str]) -> Parsed:
    """Parse a text as the template `name`. Raises `ParseError`."""
    if len(text) > limits.source:
        raise errors.ParseError(f"longer than {limits.source} characters", line=1, column=1)
    parser = _Parser(text, limits, functions)
    try:
        bodies = parser.templates(name)
        return Parsed(bodies, frozenset(parser.called), frozenset(parser.uses))
    except RecursionError:
        raise parser.error("nested too deeply") from None


class _Parser(pipelines.Pipelines):
    """The parsing of one text; `ranges` counts the loops around, `found` has the templates, `uses`
    the names of those that are called."""

    def __init__(self, text: str, limits: runs.Limits, functions: Collection[str]) -> None:
        super().__init__(text, limits, functions)
        self.ranges = 0
        self.found: dict[str, nodes.Body] = {}
        self.uses: set[str] = set()

    def templates(self, name: str) -> dict[str, nodes.Body]:
        """Parse the whole text."""
        body: list[nodes.Statement] = []
        while self.peek().kind != lexer.EOF:
            start = self.index
            if self.next().kind == lexer.OPEN and self.next_word().kind == "define":
                self.define()
                continue
            self.index = start
            statement = self.statement()
            if isinstance(statement, lexer.Token):
                raise self.error(f"unexpected {{{{{statement.text}}}}}", statement)
            body.append(statement)
        self.add(name, tuple(body))
        return self.found

    def define(self) -> None:
        """Parse a definition; its keyword is past."""
        token = self.expect(lexer.STRING, "define clause")
        name = self.name_of(token, "define clause")
        self.expect(lexer.CLOSE, "define clause")
        self.separate(name, "define clause")

    def separate(self, name: str, context: str) -> None:
        """Parse the body of a template of its own, which sees no variable from outside."""
        outside, self.variables = self.variables, ["$"]
        ranges, self.ranges = self.ranges, 0
        self.deeper()
        body, end = self.body()
        if end.kind != "end":
            raise self.error(f"unexpected {{{{{end.text}}}}} in {context}", end)
        self.nesting -= 1
        self.variables, self.ranges = outside, ranges
        self.add(name, body)

    def add(self, name: str, body: nodes.Body) -> None:
        """Add a template to the set."""
        known = self.found.get(name)
        if known is None or nodes.is_empty(known):
            self.found[name] = body
        elif not nodes.is_empty(body):
            raise self.error(f"multiple definition of template {quoting.quote(name)}")

    def body(self) -> tuple[nodes.Body, lexer.Token]:
        """Parse up to `{{end}}` or `{{else}}`; return it too."""
        found: list[nodes.Statement] = []
        while self.peek_word().kind != lexer.EOF:
            statement = self.statement()
            if isinstance(statement, lexer.Token):
                return tuple(found), statement
            found.append(statement)
        raise self.error("unexpected EOF", self.peek())

    def statement(self) -> nodes.Statement | lexer.Token:
        """Parse a text or an action; an `end` or `else` is returned as its token."""
        token = self.next_word()
        if token.kind == lexer.TEXT:
            return nodes.Text(token.offset, token.text)
        if token.kind != lexer.OPEN:
            self.unexpected(token, "input")
        word = self.peek_word()
        if word.kind in _STATEMENTS:
            self.index += 1
            return _STATEMENTS[word.kind](self, word)
        if word.kind in _ENDS:
            self.index += 1
            return self.end(word)
        return nodes.Action(word.offset, self.pipeline("command", lexer.CLOSE))

    def end(self, word: lexer.Token) -> lexer.Token:
        """Parse the rest of `{{end}}`, `{{else}}`, and of `{{else if` up to its second word."""
        if word.kind == "else" and self.peek_word().kind in ("if", "with"):
            return word
        self.expect(lexer.CLOSE, word.kind)
        return word

    def control(self, word: lexer.Token) -> nodes.If | nodes.With:
        """Parse `if` or `with` and its branches; the keyword is past."""
        self.deeper()
        declared = len(self.variables)
        branches = []
        while True:
            pipe = self.pipeline(word.kind, lexer.CLOSE)
            body, end = self.body()
            branches.append(nodes.Branch(pipe, body))
            if end.kind == "end" or self.peek().kind != word.kind:
                break
            self.index += 1
        otherwise = self.otherwise() if end.kind == "else" else ()
        del self.variables[declared:]
        self.nesting -= 1
        made = nodes.If if word.kind == "if" else nodes.With
        return made(word.offset, tuple(branches), otherwise)

    def otherwise(self) -> nodes.Body:
        """Parse what follows `{{else}}`, up to the end."""
        body, end = self.body()
        if end.kind != "end":
            raise self.error(f"expected end; found {{{{{end.text}}}}}", end)
        return body

    def range(self, word: lexer.Token) -> nodes.Range:
        """Parse a loop; the keyword is past."""
        self.deeper()
        declared = len(self.variables)
        pipe = self.pipeline("range", lexer.CLOSE)
        self.ranges += 1
        body, end = self.body()
        self.ranges -= 1
        otherwise = self.otherwise() if end.kind == "else" else ()
        del self.variables[declared:]
        self.nesting -= 1
        return nodes.Range(word.offset, pipe, body, otherwise)

    def jump(self, word: lexer.Token) -> nodes.Break | nodes.Continue:
        """Parse `break` or `continue`; the keyword is past."""
        self.expect(lexer.CLOSE, f"{{{{{word.kind}}}}}")
        if not self.ranges:
            raise self.error(f"{{{{{word.kind}}}}} outside {{{{range}}}}", word)
        return (nodes.Break if word.kind == "break" else nodes.Continue)(word.offset)

    def block(self, word: lexer.Token) -> nodes.Call:
        """Parse a definition that is called where it stands; the keyword is past."""
        name = self.name_of(self.next_word(), "block clause")
        pipe = self.pipeline("block clause", lexer.CLOSE)
        self.separate(name, "block clause")
        return nodes.Call(word.offset, name, pipe)

    def call(self, word: lexer.Token) -> nodes.Call:
        """Parse `template`; the keyword is past."""
        name = self.name_of(self.next_word(), "template clause")
        self.uses.add(name)
        pipe = None
        if self.peek_word().kind == lexer.CLOSE:
            self.index += 1
        else:
            pipe = self.pipeline("template clause", lexer.CLOSE)
        return nodes.Call(word.offset, name, pipe)

    def name_of(self, token: lexer.Token, context: str) -> str:
        """Return the name of a template, a string literal."""
        if token.kind != lexer.STRING:
            self.unexpected(token, context)
        return self.string(token).text


_STATEMENTS: Final = {
    "block": _Parser.block,
    "break": _Parser.jump,
    "continue": _Parser.jump,
    "if": _Parser.control,
    "range": _Parser.range,
    "template": _Parser.call,
    "with": _Parser.control,
}
