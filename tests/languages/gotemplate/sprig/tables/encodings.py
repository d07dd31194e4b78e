"""Base 64, base 32 and checksums."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param('{{b64enc "héllo"}} [{{b64enc ""}}]', "aMOpbGxv []", id="b64enc"),
    pytest.param(
        '{{b64dec "aMOpbGxv"}} {{b64dec "YQ=="}} {{b64dec "Y Q=="}}',
        "héllo a illegal base64 data at input byte 1",
        id="b64dec-0",
    ),
    pytest.param(
        (
            '{{b64dec "YW\\nI="}} {{b64dec "YQ"}} {{b64dec "YQ="}} {{b64dec "YQ=a"}} '
            '{{b64dec "YQ==x"}} {{b64dec "YWI=="}} {{b64dec "="}} {{b64dec "abc*"}}'
        ),
        (
            "ab illegal base64 data at input byte 0 illegal base64 data at input byte 3 "
            "illegal base64 data at input byte 2 illegal base64 data at input byte 4 "
            "illegal base64 data at input byte 4 illegal base64 data at input byte 0 "
            "illegal base64 data at input byte 3"
        ),
        id="b64dec-1",
    ),
    pytest.param('{{b32enc "hello"}} {{b32enc "a"}}', "NBSWY3DP ME======", id="b32enc"),
    pytest.param(
        ('{{b32dec "NBSWY3DP"}} {{b32dec "ME======"}} {{b32dec "ME\\n======"}} [{{b32dec ""}}]'),
        "hello a a []",
        id="b32dec-0",
    ),
    pytest.param(
        (
            '{{b32dec "nb"}} {{b32dec "NBSW"}} {{b32dec "M======="}} {{b32dec "MFRGG=="}} '
            '{{b32dec "MFR====="}} {{b32dec "MFRG=A=="}} {{b32dec "MFRGG===A"}} {{b32dec '
            '"MF=======" }}'
        ),
        (
            "illegal base32 data at input byte 0 illegal base32 data at input byte 0 "
            "illegal base32 data at input byte 1 illegal base32 data at input byte 7 "
            "illegal base32 data at input byte 3 illegal base32 data at input byte 4 abc a"
        ),
        id="b32dec-1",
    ),
    pytest.param(
        '{{sha1sum "a"}} {{sha256sum "a"}} {{sha512sum "a"}} {{adler32sum "a"}}',
        (
            "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8 "
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb "
            "1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c"
            "652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75 6422626"
        ),
        id="checksums",
    ),
]

FAILING = [
    pytest.param("{{b64enc .secrets.text}}", id="kinds"),
]
