"""Private keys in PEM, of each kind in the form that Sprig gives it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate.sprig import keys

Render = Callable[..., str]


@pytest.mark.parametrize(
    ("kind", "type_", "size", "title"),
    [
        ("", rsa.RSAPrivateKey, 4096, "RSA PRIVATE KEY"),
        ("rsa", rsa.RSAPrivateKey, 4096, "RSA PRIVATE KEY"),
        ("dsa", dsa.DSAPrivateKey, 2048, "DSA PRIVATE KEY"),
        ("ecdsa", ec.EllipticCurvePrivateKey, 256, "EC PRIVATE KEY"),
        ("ed25519", ed25519.Ed25519PrivateKey, 0, "PRIVATE KEY"),
    ],
)
def test_keys(allowing: Render, kind: str, type_: type, size: int, title: str) -> None:
    """Kind, size and form are right, and what is written can be read."""
    text = allowing(f'{{{{genPrivateKey "{kind}"}}}}')
    assert text.startswith(f"-----BEGIN {title}-----\n")
    key = load_pem_private_key(text.encode(), None)
    assert isinstance(key, type_)
    assert getattr(key, "key_size", 0) == size
    assert keys.pem(keys.read(f"before\n{text}")) == text


def test_each_is_another(allowing: Render) -> None:
    """They do not come from the seed of the run."""
    once, again = (allowing('{{genPrivateKey "ed25519"}}') for _ in range(2))
    assert once != again


def test_a_kind_that_does_not_exist(allowing: Render) -> None:
    """Go prints what is wrong, and so do we."""
    assert allowing('{{genPrivateKey "nope"}}') == "Unknown type nope"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no PEM data"),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "of type CERTIFICATE"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n", "of type ENCRYPTED PRIVATE KEY"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a key"),
        (
            (
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"
                "AAAAAAAAAAAAAAAAAAAAAA==\n-----END RSA PRIVATE KEY-----\n"
            ),
            "not a key",
        ),
    ],
    ids=["empty", "certificate", "encrypted", "nonsense", "old encryption"],
)
def test_what_is_no_key(text: str, message: str) -> None:
    """The error says so and shows nothing of it."""
    with pytest.raises(GoError, match=message) as caught:
        keys.read(text)
    assert "AAAA" not in str(caught.value)
