"""Regular expressions: Go's `regexp` on RE2, in linear time (templates.md 3.4 trap 25).

Leftmost-first matches over UTF-8 bytes, with Go's rules for empty matches. Sizes are limited
(security.md S4), and each search is charged to the run by the length of what is left to search.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any, Final

import re2

from notifier.languages.golang import bytetexts, runs
from notifier.languages.golang.values import GoError, NilStrings, Strings

LONGEST_PATTERN: Final = 512
LONGEST_SUBJECT: Final = 64 * 1024
"""In bytes."""
_MEMORY: Final = 1024 * 1024
"""What a compiled pattern may take, in bytes; RE2 refuses larger ones (`\\pL{1000}`), Go does
not."""
_REFUSING: Final = 5_000
"""Steps that a pattern costs which RE2 refuses: it has done most of the work by then."""
_STRIDE: Final = 1024
_SMALLEST: Final = 16
"""A search costs a step for so many bytes and two instructions, of which every pattern has some:
RE2 may look at all bytes for all instructions before it fails."""

_SPECIAL: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")
_TOKEN: Final = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.|\(\?P?<([^>]*)>", re.DOTALL)
"""What `_check` must tell apart: quoted texts, escapes, names of groups."""
_REFERENCE: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))|\$")
_CONTINUED: Final = re.compile(rb"(?<=[\xc2-\xf4\x80-\xbf])[\x80-\xbf]")
_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = _MEMORY


class Pattern:
    """A compiled pattern. Methods raise `GoError` for a subject that is too long, and `Exceeded`
    past the limits of the run."""

    __slots__ = ("_compiled", "_names", "_weight", "cost")

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._weight = max(compiled.programsize, _SMALLEST) // 2
        self.cost: int = compiled.programsize // 8
        self._names = {bytetexts.decode(name): at for name, at in compiled.groupindex.items()}

    def matches(self, subject: str | bytes, run: runs.Run | None = None) -> bool:
        """Say whether the pattern matches somewhere."""
        data = _bounded(subject)
        if run is not None:
            self._charge(run, len(data))
        return self._search(data, 0) is not None

    def find(self, run: runs.Run, subject: str) -> str:
        """Return the first match; nothing if there is none."""
        data = _bounded(subject)
        self._charge(run, len(data))
        found = self._search(data, 0)
        return "" if found is None else bytetexts.decode(data[slice(*found.span())])

    def find_all(self, run: runs.Run, subject: str, count: int = -1) -> Strings:
        """Return the first so many matches, all for a negative count; a nil list for none."""
        data = _bounded(subject)
        found = [bytetexts.decode(data[a:b]) for a, b in self._spans(run, data, count)]
        run.items(len(found))
        return Strings(found) if found else NilStrings()

    def split(self, run: runs.Run, subject: str, count: int = -1) -> Strings:
        """Return the texts between matches, so many at the most; a nil list for a count of 0."""
        if count == 0:
            return NilStrings()
        data = _bounded(subject)
        if not data and self._compiled.pattern:
            return Strings([""])
        pieces: list[bytes] = []
        begin = end = 0
        for start, stop in self._spans(run, data, count):
            if 0 < count <= len(pieces) + 1:
                break
            end = start
            if stop:
                pieces.append(data[begin:end])
            begin = stop
        if end != len(data):
            pieces.append(data[begin:])
        run.items(len(pieces))
        return Strings(map(bytetexts.decode, pieces))

    def replace(self, run: runs.Run, subject: str, template: str) -> str:
        """Return the subject with every match replaced: `$1` and `${name}` are groups, `$1x` is a
        group named so, `$$` a dollar sign."""
        return self._replaced(run, subject, self._template(template))

    def replace_literal(self, run: runs.Run, subject: str, text: str) -> str:
        """Return the subject with every match replaced by a text as it is."""
        return self._replaced(run, subject, [bytetexts.encode(text)])

    def _replaced(self, run: runs.Run, subject: str, parts: list[bytes | int]) -> str:
        data = _bounded(subject)
        written: list[bytes] = []
        last = 0
        for found in self._searches(run, data):
            start, end = found.span()
            written.append(data[last:start])
            # An empty match right behind another one is none, except at the very start.
            if end > last or start == 0:
                pieces = [_piece(data, found, part) for part in parts]
                run.text(sum(map(len, pieces)))
                written += pieces
            last = end
        written.append(data[last:])
        return bytetexts.decode(b"".join(written))

    def _search(self, data: bytes, position: int) -> Any:
        r"""Return the next match. RE2 finds `\B` within a character too; that is none."""
        while True:
            found = self._compiled.search(data, position)
            if found is None or not _CONTINUED.match(data, found.start()):
                return found
            position = found.start() + 1

    def _searches(self, run: runs.Run, data: bytes) -> Iterator[Any]:
        """Search again and again, each time at least a character further on."""
        position = 0
        while position <= len(data):
            self._charge(run, len(data) - position)
            found = self._search(data, position)
            if found is None:
                return
            yield found
            position = max(found.end(), position + _width(data, position))

    def _charge(self, run: runs.Run, length: int) -> None:
        run.step(1 + length * self._weight // _STRIDE)

    def _spans(self, run: runs.Run, data: bytes, count: int) -> Iterator[tuple[int, int]]:
        """Return where the first so many matches are; an empty one right behind another is
        none."""
        last = -1
        for found in self._searches(run, data):
            if count == 0:
                return
            start, end = found.span()
            if start != last or start != end:
                count -= 1
                yield start, end
            last = end

    def _template(self, template: str) -> list[bytes | int]:
        """Return texts and groups of a replacement; groups that do not exist are left out."""
        parts: list[bytes | int] = []
        place = 0
        for found in _REFERENCE.finditer(template):
            parts.append(bytetexts.encode(template[place : found.start()]))
            place = found.end()
            name = found[1] or found[2]
            if name is None:
                parts.append(b"$")
            elif name.isascii() and name.isdigit() and (name == "0" or name[0] != "0"):
                parts += [int(name)] if int(name[:9]) <= self._compiled.groups else []
            elif name in self._names:
                parts.append(self._names[name])
        parts.append(bytetexts.encode(template[place:]))
        return parts


def _piece(data: bytes, found: Any, part: bytes | int) -> bytes:
    if isinstance(part, bytes):
        return part
    start, end = found.span(part)
    return data[start:end] if start >= 0 else b""


def _width(data: bytes, position: int) -> int:
    """Return the length in bytes of the character at a place; 1 for a byte that is none."""
    first = data[position] if position < len(data) else 0
    if first < 0xC0:
        return 1
    width = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    try:
        data[position : position + width].decode()
    except UnicodeDecodeError:
        return 1
    return width


def _bounded(subject: str | bytes) -> bytes:
    data = subject if isinstance(subject, bytes) else bytetexts.encode(subject)
    if len(data) > LONGEST_SUBJECT:
        raise GoError(f"a text of more than {LONGEST_SUBJECT} bytes is too long for a pattern")
    return data


def compiled(text: str, run: runs.Run | None = None) -> Pattern:
    """Return the pattern that a text is. Charges what it costs to compile, whether that has been
    done before or not. Raises `GoError` for a malformed or too long one."""
    found = _compiled(text)
    if isinstance(found, Pattern):
        if run is not None:
            run.step(found.cost)
        return found
    if run is not None and "too large" in found:
        run.step(_REFUSING)
    raise GoError(found)


@functools.lru_cache(maxsize=128)
def _compiled(text: str) -> Pattern | str:
    """Return a pattern, or why there is none: to find that out may take longest."""
    data = bytetexts.encode(text)
    if len(data) > LONGEST_PATTERN:
        return (
            f"error parsing regexp: expression is longer than {LONGEST_PATTERN} bytes: shorten it"
        )
    try:
        _check(text)
        return Pattern(re2.compile(data, _OPTIONS))
    except GoError as err:
        return str(err)
    except re2.error as err:
        told = err.args[0]
        told = bytetexts.decode(told) if isinstance(told, bytes) else str(told)
        return f"error parsing regexp: {told}"


def _check(text: str) -> None:
    """Refuse what RE2 takes and Go does not: `\\C` and names that are not ASCII. Raises
    `GoError`."""
    for found in _TOKEN.finditer(text):
        if found[0] == "\\C":
            raise GoError("error parsing regexp: invalid escape sequence: `\\C`")
        if found[1] is not None and not found[1].isascii():
            raise GoError(f"error parsing regexp: invalid named capture: `{found[0]}`")


def quote_meta(text: str) -> str:
    """Return a pattern that matches just this text: `regexp.QuoteMeta`."""
    return _SPECIAL.sub(r"\\\g<0>", text)
