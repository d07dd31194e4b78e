"""Indenting and wrapping."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param('{{indent 2 "a\\nb\\n"}}', "  a\n  b\n  ", id="indent-0"),
    pytest.param('[{{indent 0 "a"}}]', "[a]", id="indent-1"),
    pytest.param('{{nindent 2 "a\\nb"}}', "\n  a\n  b", id="nindent"),
    pytest.param('{{wrap 5 "one two three"}}', "one\ntwo\nthree", id="wrap-0"),
    pytest.param('{{wrap 3 "abcdef gh"}}', "abcdef\ngh", id="wrap-1"),
    pytest.param('{{wrap 3 "abcdef"}}', "abcdef", id="wrap-2"),
    pytest.param('{{wrap 0 "a b"}}', "a\nb", id="wrap-3"),
    pytest.param('[{{wrap 5 ""}}]', "[]", id="wrap-4"),
    pytest.param('{{wrap 2 "  a   b  "}}', "a \nb \n", id="wrap-5"),
    pytest.param('{{wrapWith 5 "|" "one twothree"}}', "one|twoth|ree", id="wrapWith-0"),
    pytest.param('{{wrapWith 2 "" "abcd e"}}', "ab\ncd\ne", id="wrapWith-1"),
    pytest.param('{{wrapWith 3 "日" "日本語 abc"}}', "日日本日語日abc", id="wrapWith-2"),
]

FAILING = [
    pytest.param('{{indent -1 "a"}}', id="indent-2"),
]
