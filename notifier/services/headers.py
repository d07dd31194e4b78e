"""Which HTTP headers a configuration may set, and what their values may hold (security.md S8).
Pure."""

from __future__ import annotations

import re
from typing import Final

VALUE_LIMIT: Final = 1024
"""Characters of a rendered value."""

CONFIGURED_LIMIT: Final = 8 * 1024
"""Characters of a value written by the operator: signed tokens are longer than 1 KiB."""

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_VALUE: Final = re.compile(r"[\x20-\x7e]*")

REFUSED: Final = frozenset(
    {
        "connection",
        "content-length",
        "cookie",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Names that belong to the connection, the client or the receiver; also everything `webhook-…`."""

CREDENTIALS: Final = frozenset({"authorization"})
"""Names that only the service's own options may set: rendered ones are stored with the message."""


def fault(name: str, value: str, *, rendered: bool) -> str:
    """Return what is wrong with a header, "" if it may be sent; the value is never in the text."""
    folded = name.casefold()
    if not _NAME.fullmatch(name):
        return "a header name holds letters, digits and hyphens only"
    if folded in REFUSED or folded.startswith("webhook-"):
        return f"the header {name} is set by the connection itself: remove it"
    if rendered and folded in CREDENTIALS:
        return f"the header {name} is a credential: set it in the service's headers"
    limit = VALUE_LIMIT if rendered else CONFIGURED_LIMIT
    if len(value) > limit:
        return f"the value of header {name} is longer than {limit} characters"
    if not _VALUE.fullmatch(value):
        hint = "it ends in a newline" if value.endswith("\n") else "only printable ASCII may be"
        return f"the value of header {name} cannot be sent: {hint}"
    return ""
