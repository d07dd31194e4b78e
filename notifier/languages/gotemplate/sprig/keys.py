"""Sprig's private keys in PEM: off unless allowed, a large one takes seconds.

They are random, from the library and not from the run: they differ at each rendering.
"""

from __future__ import annotations

import re
from typing import Final

from cryptography import exceptions
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, types

from notifier.languages.golang import bytetexts, runs
from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate import registry
from notifier.languages.gotemplate.registry import register

_EXPONENT: Final = 65_537
_SIZE: Final = 4096
_SIZE_OF_CERTIFICATES: Final = 2048
_SIZE_OF_DSA: Final = 2048
_BLOCK: Final = re.compile("-----BEGIN ([^\n]*?)-----")
_KINDS: Final = frozenset(("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY"))


@register(
    "string -> string",
    r'{{genPrivateKey "ed25519" | splitList "\n" | first}}',
    "-----BEGIN PRIVATE KEY-----",
    "genPrivateKey",
    metered=True,
)
def gen_private_key(run: runs.Run, kind: str) -> str:
    """Return a new private key in PEM, another one at each call: `rsa` (of 4096 bits, also for an
    empty text), `dsa`, `ecdsa` (P-256) or `ed25519`."""
    run.step(registry.COSTLY)
    match kind:
        case "" | "rsa":
            return pem(rsa.generate_private_key(_EXPONENT, _SIZE))
        case "dsa":
            return pem(dsa.generate_private_key(_SIZE_OF_DSA))
        case "ecdsa":
            return pem(ec.generate_private_key(ec.SECP256R1()))
        case "ed25519":
            return pem(ed25519.Ed25519PrivateKey.generate())
        case _:
            return f"Unknown type {kind}"


def generated(run: runs.Run) -> rsa.RSAPrivateKey:
    """Return a new key for a certificate. Raises `Exceeded`."""
    run.step(registry.COSTLY)
    return rsa.generate_private_key(_EXPONENT, _SIZE_OF_CERTIFICATES)


def pem(key: types.PrivateKeyTypes) -> str:
    """Write a key in the form that is older than PKCS #8 where it has one."""
    old = isinstance(key, rsa.RSAPrivateKey | dsa.DSAPrivateKey | ec.EllipticCurvePrivateKey)
    forms = serialization.PrivateFormat
    return key.private_bytes(
        serialization.Encoding.PEM,
        forms.TraditionalOpenSSL if old else forms.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def read(text: str) -> types.PrivateKeyTypes:
    """Read a key from PEM. Raises `GoError`, which never shows the key."""
    found = _BLOCK.search(text)
    if found is None:
        raise GoError("no PEM data in input")
    if found[1] not in _KINDS:
        raise GoError(f"no private key that can be used in PEM block of type {found[1]}")
    try:
        return serialization.load_pem_private_key(bytetexts.encode(text), None)
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm) as error:
        raise GoError(f"parsing {found[1]} from PEM: not a key that is known") from error
