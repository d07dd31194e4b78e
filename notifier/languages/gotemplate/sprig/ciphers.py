"""Sprig's encryption: AES-256 in CBC mode, in base 64, off unless allowed.

The key is the password cut or filled up with zeros to 32 bytes, the first block the initialisation
vector, the last padded as PKCS #7 has it; nothing is authenticated. The vector comes from the
library, not from the run: what `encryptAES` returns differs at each rendering.
"""

from __future__ import annotations

import base64
from typing import Final

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from notifier.languages.golang import bytetexts, runs
from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import encodings

_KEY: Final = 32
_BLOCK: Final = 16


@register(
    "string, string -> string",
    '{{encryptAES "key" "text" | decryptAES "key"}}',
    "text",
    "encryptAES",
    metered=True,
)
def encrypt_aes(run: runs.Run, password: str, text: str) -> str:
    """Return a text encrypted with a password, another result at each call; an empty one as it
    is."""
    if not text:
        return ""
    run.text(2 * len(text) + 4 * _BLOCK)
    padder = padding.PKCS7(8 * _BLOCK).padder()
    plain = padder.update(bytetexts.encode(text)) + padder.finalize()
    vector = AESGCM.generate_key(8 * _BLOCK)  # the library's way to ask for random bytes
    encryptor = _cipher(password, vector).encryptor()
    sealed = encryptor.update(plain) + encryptor.finalize()
    return base64.b64encode(vector + sealed).decode()


@register(
    "string, string -> string",
    '{{decryptAES "key" "vwz8+hAuZLp6W/7hK3O3Fvry46XNwypDZm2Ad3TbFRo="}}',
    "text",
    "decryptAES",
    metered=True,
)
def decrypt_aes(run: runs.Run, password: str, text: str) -> str:
    """Return what `encryptAES` made a text from. Fails if it made none such; the wrong password
    may go unnoticed and give nonsense."""
    if not text:
        return ""
    run.text(len(text))
    data = encodings.decoded64(text)
    vector, sealed = data[:_BLOCK], data[_BLOCK:]
    if len(vector) < _BLOCK or not sealed or len(sealed) % _BLOCK:
        raise GoError("encrypted text is no whole number of blocks")
    decryptor = _cipher(password, vector).decryptor()
    plain = decryptor.update(sealed) + decryptor.finalize()
    if plain[-1] > len(plain):
        raise GoError("padding is longer than the text: is the password right?")
    return bytetexts.decode(plain[: len(plain) - plain[-1]])


def _cipher(password: str, vector: bytes) -> Cipher[modes.CBC]:
    key = bytetexts.encode(password)[:_KEY].ljust(_KEY, b"\0")
    return Cipher(algorithms.AES(key), modes.CBC(vector))
