"""What a relay's reply means for the delivery (spec/services.md 6.3; RFC 5321, 3463). Pure."""

from __future__ import annotations

import re
from typing import Final, Literal

from notifier.core.errors import DeliveryError, Misconfigured, Permanent, Reason, Retryable
from notifier.services.answers import Rule

Stage = Literal["connect", "starttls", "auth", "sender", "recipient", "data"]

_SERVER: Final = Rule(Retryable, Reason.SERVER)
_RELAY: Final = Rule(Retryable, Reason.SERVER, throttles_host=True)
_GREYLISTED: Final = Rule(Retryable, Reason.GREYLISTED)
_TLS: Final = Rule(Retryable, Reason.TLS_REQUIRED)
_CREDENTIAL: Final = Rule(Misconfigured, Reason.CREDENTIAL)
_SENDER: Final = Rule(Misconfigured, Reason.CONFIGURATION)
_RECIPIENT: Final = Rule(Permanent, Reason.RECIPIENT)
_PAYLOAD: Final = Rule(Permanent, Reason.PAYLOAD)
_STRANGE: Final = Rule(Retryable, Reason.UNKNOWN_ANSWER)

CREDENTIAL_CODES: Final = frozenset({530, 534, 535, 538})
NO_MAIL_CODES: Final = frozenset({521, 556})
GREYLIST_CODES: Final = frozenset({450, 451, 452})

_ENHANCED: Final = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")


def rule(stage: Stage, code: int, enhanced: str = "") -> Rule:
    """Return the class of a refusal at a stage of the dialogue."""
    if code == 421 or stage == "connect":
        return _RELAY
    if code in CREDENTIAL_CODES:
        return _CREDENTIAL
    if code == 454:
        return _TLS
    if 400 <= code <= 499 or enhanced.startswith("4."):
        # a relay that greylists says so where it hears of the recipient, some only after the data
        grey = stage in ("recipient", "data") and code in GREYLIST_CODES
        return _GREYLISTED if grey else _SERVER
    if not 500 <= code <= 599:
        return _STRANGE
    if code in NO_MAIL_CODES:
        return _RECIPIENT
    return _PERMANENT[stage]


_PERMANENT: Final[dict[Stage, Rule]] = {
    "connect": _RELAY,
    "starttls": _TLS,
    "auth": _CREDENTIAL,
    "sender": _SENDER,
    "recipient": _RECIPIENT,
    "data": _PAYLOAD,
}
"""What 5yz means at each stage."""


def refusal(stage: Stage, code: int, text: str, place: str) -> DeliveryError:
    """Return the error of a refusal; of its text only the enhanced status is kept."""
    found = _ENHANCED.match(text)
    enhanced = found[1] if found else ""
    shown = f"{code} {enhanced}".rstrip()
    return rule(stage, code, enhanced).raised(f"{place} answered {shown} at {stage}", status=code)
