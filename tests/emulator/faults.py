"""What can be made to go wrong, one value per fault. `Emulator.script` queues them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with this instead of the truth."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reset:
    """Drop the connection before answering."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Say nothing more after so many bytes of the body; None: not even a header."""

    after_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """End the connection after so many bytes of the body, without the terminal chunk."""

    after_bytes: int


@dataclass(frozen=True, slots=True)
class Inject:
    """Write these bytes first, in pieces of `piece` if given; then `end` cleanly or go on."""

    data: bytes
    end: bool = True
    piece: int = 0


Fault = Answer | Reset | Freeze | Cut | Inject


def status(code: int, reason: str, message: str, **details: Any) -> dict[str, Any]:
    """Return a Status object as the API server writes it."""
    made: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    if details:
        made["details"] = details
    return made


def refusal(code: int, reason: str = "", *, retry_after: str = "", **details: Any) -> Answer:
    """Return a refused request, with a Status body and perhaps a Retry-After header."""
    body = json.dumps(status(code, reason, f"scripted {code}", **details)).encode()
    headers = {"Retry-After": retry_after} if retry_after else {}
    return Answer(code, body, headers=headers)


def event(kind: str, value: object) -> bytes:
    """Return a watch line."""
    return json.dumps({"type": kind, "object": value}, separators=(",", ":")).encode() + b"\n"


EXPIRED = status(410, "Expired", "too old resource version: 1 (2)")
