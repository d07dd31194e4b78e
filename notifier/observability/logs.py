"""Log lines: JSON for machines, text for people, never a secret.

Callers log a constant event text and put what varies into `extra=`; everything in `extra` becomes
a field of the line. The identifiers are always called `rollout`, `trigger`, `destination`,
`delivery_id` and `attempt` (spec/operations.md 6).
"""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO
from urllib.parse import quote, quote_plus

import orjson
from typing_extensions import override

HIDDEN: Final = "***"

SHORTEST_SECRET: Final = 4
"""Characters below which a value is not searched for: `no` would blacken every line."""

_SHORTEST_LINE: Final = 12
_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
_TALKATIVE: Final = ("aiohttp", "asyncio", "slack_sdk", "kubernetes_asyncio", "aiosmtplib")


class Redactor:
    """Replaces every live secret value in a text, in whatever form it got there.

    Forms: as it is, inside JSON, in a URL, in base64 at any offset (basic authentication joins a
    user name before encoding), and each longer line of a value of many lines (keys in PEM form).
    """

    def __init__(self) -> None:
        self._by_owner: dict[str, frozenset[str]] = {}
        self._pattern: re.Pattern[str] | None = None

    def watch(self, owner: str, values: Iterable[str]) -> None:
        """Hide these values from now on, in place of those the owner (a scope) gave before."""
        forms = {form for value in values for form in _forms(value)}
        self._by_owner[owner] = frozenset(forms)
        longest_first = sorted(frozenset().union(*self._by_owner.values()), key=len, reverse=True)
        self._pattern = (
            re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        )

    def hide(self, text: str) -> str:
        """Return the text with `***` for every secret."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text


def _forms(value: str) -> Iterable[str]:
    """Yield the texts under which a secret value may appear."""
    whole = value.strip()
    pieces = [whole, *(line.strip() for line in whole.splitlines() if len(line) >= _SHORTEST_LINE)]
    for piece in pieces:
        if len(piece) < SHORTEST_SECRET:
            continue
        yield piece
        for ascii_only in (True, False):
            yield json.dumps(piece, ensure_ascii=ascii_only)[1:-1]
        yield quote(piece, safe="")
        yield quote_plus(piece)
        yield from _base64_forms(piece.encode())


def _base64_forms(raw: bytes) -> Iterable[str]:
    """Yield what base64 makes of the bytes wherever they start within the encoded data."""
    yield base64.b64encode(raw).decode()
    yield base64.urlsafe_b64encode(raw).decode()
    for before in range(3):
        data = bytes(before) + raw
        whole_groups = len(data) // 3 * 4
        start = (0, 2, 3)[before]  # characters that also carry bits of what stands before
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(data).decode()[start:whole_groups]
            if len(text) >= SHORTEST_SECRET:
                yield text


class _Formatter(logging.Formatter):
    """What both formats share: fields of a record, redacted as the last step."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return one line (with its traceback, if any) without secrets."""
        return self._redactor.hide(self.line(record))

    def line(self, record: logging.LogRecord) -> str:
        """Return the line as it would be without redaction."""
        raise NotImplementedError

    def fields(self, record: logging.LogRecord) -> Mapping[str, Any]:
        """Return what `extra=` gave; hidden before it is quoted, which would hide it from us."""
        extra = {key: item for key, item in record.__dict__.items() if key not in _STANDARD}
        return {key: self._leaves(item) for key, item in extra.items()}

    def event(self, record: logging.LogRecord) -> str:
        """Return the constant text."""
        return self._redactor.hide(record.getMessage())

    def _leaves(self, value: Any) -> Any:
        match value:
            case None | bool() | int() | float():
                return value
            case Mapping():
                return {str(key): self._leaves(item) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._leaves(item) for item in value]
            case _:
                return self._redactor.hide(str(value))

    def problem(self, record: logging.LogRecord) -> str:
        """Return the traceback, empty without one."""
        text = self.formatException(record.exc_info) if record.exc_info else ""
        return self._redactor.hide(text)


class JsonFormatter(_Formatter):
    """One JSON object a line: `time` (RFC 3339, UTC), `level`, `event`, the fields, `logger`."""

    @override
    def line(self, record: logging.LogRecord) -> str:
        """Return the JSON text."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": self.event(record),
            **self.fields(record),
            "logger": record.name,
        }
        if problem := self.problem(record):
            entry["exception"] = problem
        return orjson.dumps(entry).decode(errors="replace")


class TextFormatter(_Formatter):
    """`14:02:11 info  event  key=value …`, for a terminal."""

    @override
    def line(self, record: logging.LogRecord) -> str:
        """Return the line, traceback below it."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        fields = " ".join(f"{key}={_short(item)}" for key, item in self.fields(record).items())
        text = f"{at} {record.levelname.lower():<7} {self.event(record)}"
        text += f"  {fields}" if fields else ""
        problem = self.problem(record)
        return f"{text}\n{problem}" if problem else text


def _short(value: Any) -> str:
    text = str(value)
    if not text.isprintable():  # recipients are a tenant's: they must not drive the terminal
        return json.dumps(text)
    return json.dumps(text, ensure_ascii=False) if re.search(r'[\s"=]', text) or not text else text


def configure(
    form: Literal["json", "text"],
    level: Literal["debug", "info", "warning", "error"],
    redactor: Redactor,
    stream: TextIO | None = None,
) -> None:
    """Write all log lines of the process to `stream` (standard error), in place of what was there.

    Client libraries never log below warning: at debug they print headers and bodies
    (spec/security.md S11).
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter((JsonFormatter if form == "json" else TextFormatter)(redactor))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("notifier").setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
