"""Paths."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        '{{base "a/b"}} {{base "a/b/"}} {{base ""}} {{base "//"}} {{osBase "/x"}}',
        "b b . / x",
        id="base",
    ),
    pytest.param(
        ('{{dir "a/b"}} {{dir "/a"}} {{dir "a"}} {{dir ""}} {{dir "a/b/../c/"}} {{osDir "/"}}'),
        "a / . . a/c /",
        id="dir",
    ),
    pytest.param(
        (
            '{{clean "a//b/../c/."}} {{clean ""}} {{clean "/.."}} {{clean "../a/../.."}} '
            '{{clean "/a/"}} {{osClean "./a"}}'
        ),
        "a/c . / ../.. /a a",
        id="clean",
    ),
    pytest.param(
        '[{{ext "a.tar.gz"}} {{ext "a.b/c"}} {{ext ".x"}} {{ext "a."}} {{osExt "x.y"}}]',
        "[.gz  .x . .y]",
        id="ext",
    ),
    pytest.param('{{isAbs "/a"}} {{isAbs "a"}} {{osIsAbs ""}}', "true false false", id="isAbs"),
]
