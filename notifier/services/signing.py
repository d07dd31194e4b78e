"""Standard Webhooks signatures: id, time and body under HMAC-SHA256. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from notifier.core.secrets import Secret

_PREFIX: Final = "whsec_"


def key(text: str) -> bytes:
    """Return the key of a secret: base64 behind `whsec_`, else the text's own bytes.

    Raises `ValueError` if what follows `whsec_` is not base64.
    """
    if not text.startswith(_PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(_PREFIX).strip(), validate=True)
    except binascii.Error:
        raise ValueError("what follows whsec_ is not base64") from None


def headers(
    secrets: Sequence[Secret], message_id: str, timestamp: int, body: bytes
) -> list[tuple[str, str]]:
    """Return the headers of one attempt; during a rotation there is one signature per key."""
    content = b"%s.%d." % (message_id.encode(), timestamp) + body
    signatures = [
        base64.b64encode(hmac.digest(key(each.reveal()), content, hashlib.sha256)).decode()
        for each in secrets
    ]
    return [
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", " ".join(f"v1,{each}" for each in signatures)),
    ]
