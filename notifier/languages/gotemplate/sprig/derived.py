"""Sprig's passwords that are computed from a master password: off unless allowed, each takes a
quarter of a second and 32 MiB.

The scheme is that of the Master Password application: scrypt makes a key, HMAC-SHA-256 of the site
a seed, and the bytes of the seed choose a template and its characters (Sprig's `crypto.go`).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from notifier.languages.golang import bytetexts, runs
from notifier.languages.gotemplate import registry
from notifier.languages.gotemplate.registry import register

_SCOPE: Final = b"com.lyndir.masterpassword"
_COST: Final = 32_768
_BLOCK: Final = 8
_LANES: Final = 2
_MEMORY: Final = 64 * 1024 * 1024
_KEY: Final = 64

_TEMPLATES: Final = {
    "maximum": ("anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"),
    "long": (
        "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv",
        "CvccCvcvCvcvno", "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc",
        "CvcvCvcvnoCvcc", "CvcvCvcvCvccno", "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno",
        "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno", "CvccnoCvcvCvcc", "CvccCvcvnoCvcc",
        "CvccCvcvCvccno",
    ),
    "medium": ("CvcnoCvc", "CvcCvcno"),
    "short": ("Cvcn",),
    "basic": ("aaanaaan", "aannaaan", "aaannaaa"),
    "pin": ("nnnn",),
}  # fmt: skip
"""How passwords of each type look: a letter stands for a class of characters."""

_VOWELS: Final = "AEIOU"
_CONSONANTS: Final = "BCDFGHJKLMNPQRSTVWXYZ"
_LETTERS: Final = _VOWELS + _VOWELS.lower() + _CONSONANTS + _CONSONANTS.lower()
_DIGITS: Final = "0123456789"
_CLASSES: Final = {
    "V": _VOWELS,
    "C": _CONSONANTS,
    "v": _VOWELS.lower(),
    "c": _CONSONANTS.lower(),
    "a": _LETTERS,
    "n": _DIGITS,
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": f"{_LETTERS}{_DIGITS}!@#$%^&*()",
}


@register(
    "uint32, string, string, string, string -> string",
    '{{derivePassword 1 "long" "password" "user" "example.com"}}',
    "ZedaFaxcZaso9*",
    "derivePassword",
    metered=True,
)
def derive_password(
    run: runs.Run, counter: int, kind: str, password: str, user: str, site: str
) -> str:
    """Return the password of a user for a site, computed from a master password; another counter
    gives another one. Its type is `maximum long medium short basic pin`."""
    run.step(registry.COSTLY)
    if kind not in _TEMPLATES:
        return f"cannot find password template {kind}"
    key = hashlib.scrypt(
        bytetexts.encode(password),
        salt=_SCOPE + _measured(user),
        n=_COST,
        r=_BLOCK,
        p=_LANES,
        maxmem=_MEMORY,
        dklen=_KEY,
    )
    message = _SCOPE + _measured(site) + counter.to_bytes(4)
    chosen, *seed = hmac.digest(key, message, "sha256")
    templates = _TEMPLATES[kind]
    template = templates[chosen % len(templates)]
    classes = [_CLASSES[letter] for letter in template]
    return "".join(each[byte % len(each)] for each, byte in zip(classes, seed, strict=False))


def _measured(text: str) -> bytes:
    """Return a text behind its length."""
    data = bytetexts.encode(text)
    return len(data).to_bytes(4) + data
