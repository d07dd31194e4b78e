"""Paths."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Render = Callable[..., str]

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


@pytest.mark.parametrize(("template", "expected"), PRINTED)
def test_prints_what_go_prints(render: Render, template: str, expected: str) -> None:
    """The output is that of Sprig 3.3 under Go."""
    assert render(template) == expected
