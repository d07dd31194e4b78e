"""Jinja2 in a sandbox of ours: the language of the shipped templates.

Variables are plain data; keys are looked up, attributes never. Missing values print nothing. What a
template can call is registered in `registry.py`, with a docstring and an example each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import jinja2
from jinja2 import nodes

from notifier.languages.jinja import guard, limits, texts
from notifier.languages.jinja.sandbox import Sandbox
from notifier.languages.seam import Escape, LanguageError

NAME: Final = "jinja"

_FILE: Final = "<template>"
_COMPILE_FAULTS: Final = (
    jinja2.TemplateError, SyntaxError, ValueError, OverflowError, RecursionError, MemoryError,
)  # fmt: skip
_RUN_FAULTS: Final = (
    jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError,
    MemoryError,
)  # fmt: skip
_CACHE: Final = 2_048


class JinjaProgram:
    """A compiled text."""

    __slots__ = ("_template",)

    def __init__(self, template: jinja2.Template) -> None:
        self._template = template

    def render(self, variables: Mapping[str, Any], escape: Escape = "none") -> str:
        """Return the text; values are escaped, the template's own text is not.

        Raises `LanguageError` with the line, also for a rendering past its limits.
        """
        template = self._template
        names = {
            **template.globals,
            **variables,
            limits.BUDGET: limits.Budget(texts.ESCAPES[escape]),
        }
        try:
            return _joined(template.root_render_func(template.new_context(names, shared=True)))
        except _RUN_FAULTS as error:
            raise LanguageError(_message(error), line=_line(template, error)) from error


class Jinja:
    """The template language `jinja`; a strict one fails where a missing value is printed."""

    name = NAME

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._programs: dict[tuple[str, tuple[tuple[str, str], ...]], JinjaProgram] = {}

    @cached_property
    def _environment(self) -> Sandbox:
        return Sandbox(strict=self._strict)

    def compile(
        self, text: str, partials: Mapping[str, str] = MappingProxyType({})
    ) -> JinjaProgram:
        """Compile a text once; equal texts share the program.

        Raises `LanguageError` for syntax that is wrong, not supported or too large.
        """
        key = (text, tuple(sorted(partials.items())) if "include" in text else ())
        program = self._programs.get(key)
        if program is None:
            if len(self._programs) >= _CACHE:
                self._programs.clear()
            program = self._programs[key] = self._compile(text, partials)
        return program

    def _compile(self, text: str, partials: Mapping[str, str]) -> JinjaProgram:
        environment = self._environment
        try:
            tree = guard.rewritten(guard.Includer(self._parse, partials).tree(text))
            code = environment.compile(tree, filename=_FILE)
            template = environment.template_class.from_code(environment, code, environment.globals)
        except _COMPILE_FAULTS as error:
            line = getattr(error, "lineno", None)
            known = isinstance(error, jinja2.TemplateSyntaxError) and isinstance(line, int)
            raise LanguageError(_message(error), line=line if known and line else 0) from error
        return JinjaProgram(template)

    def _parse(self, source: str) -> nodes.Template:
        """Parse a text that is not too long."""
        for count, (line, _, _) in enumerate(self._environment.lex(source)):
            if count > limits.TOKENS:
                raise jinja2.TemplateSyntaxError("too long: split the template", line)
        return self._environment.parse(source)


def _joined(parts: Iterator[str]) -> str:
    """Join the printed parts up to the limit."""
    result = []
    left = limits.OUTPUT
    for part in parts:
        left -= len(part)
        if left < 0:
            raise limits.Exceeded(f"prints more than {limits.OUTPUT} characters")
        result.append(part)
    return "".join(result)


def _message(error: Exception) -> str:
    """Say what failed, in one short line."""
    if isinstance(error, (RecursionError, MemoryError)):
        return "nested too deeply or too large"
    if isinstance(error, SyntaxError):
        return "nested too deeply"
    if isinstance(error, OverflowError):
        return "a number is too large"
    if isinstance(error, jinja2.UndefinedError):
        return (error.message or "a value is missing").replace("dict object", "mapping")[:200]
    return (str(error).partition("\n")[0] or type(error).__name__)[:200]


def _line(template: jinja2.Template, error: BaseException) -> int:
    """Return the template's line that an exception comes from, 0 where unknown."""
    found = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE:
            found = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return found
