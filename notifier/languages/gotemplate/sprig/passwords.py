"""Sprig's hashes of passwords: off unless allowed, each takes a tenth of a second.

The salt comes from the library, not from the run: what they return differs at each rendering.
"""

from __future__ import annotations

from typing import Final

import bcrypt as library

from notifier.languages.golang import bytetexts, runs
from notifier.languages.gotemplate import registry
from notifier.languages.gotemplate.registry import register

_ROUNDS: Final = 10
_VERSION: Final = b"2a"
_LONGEST: Final = 72
"""Bytes of a password that bcrypt looks at."""


@register("string -> string", '{{bcrypt "secret" | len}}', "60", metered=True)
def bcrypt(run: runs.Run, password: str) -> str:
    """Return the bcrypt hash of a password, another one at each call; of one that is longer than
    72 bytes, what is wrong with it."""
    run.step(registry.COSTLY)
    data = bytetexts.encode(password)
    if len(data) > _LONGEST:
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
    return library.hashpw(data, library.gensalt(_ROUNDS, _VERSION)).decode()


@register(
    "string, string -> string",
    '{{htpasswd "ann" "secret" | splitList ":" | first}}',
    "ann",
    metered=True,
)
def htpasswd(run: runs.Run, user: str, password: str) -> str:
    """Return a line of an htpasswd file: the user and the bcrypt hash of the password."""
    if ":" in user:
        return f"invalid username: {user}"
    return f"{user}:{bcrypt(run, password)}"
