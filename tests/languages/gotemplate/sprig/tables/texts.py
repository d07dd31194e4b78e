"""Cutting, trimming, joining and quoting texts."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param('[{{"\\t v1\\n " | trim}}]', "[v1]", id="trim"),
    pytest.param('{{trimAll "$" "$5$"}}', "5", id="trimAll-0"),
    pytest.param('{{trimAll "" " x "}}', " x ", id="trimAll-1"),
    pytest.param('{{trimall "ab" "abcab"}}', "c", id="trimAll-2"),
    pytest.param('{{trimPrefix "a" "aab"}} {{trimPrefix "x" "ab"}}', "ab ab", id="trimPrefix"),
    pytest.param('{{trimSuffix "b" "abb"}} {{trimSuffix "x" "ab"}}', "ab ab", id="trimSuffix"),
    pytest.param(
        '{{contains "b" "abc"}} {{contains "x" "abc"}} {{contains "" ""}}',
        "true false true",
        id="contains",
    ),
    pytest.param('{{hasPrefix "a" "ab"}} {{hasSuffix "a" "ab"}}', "true false", id="hasPrefix"),
    pytest.param('{{replace "l" "L" .unicode}}', "héLLo 日本", id="replace-0"),
    pytest.param('{{replace "" "-" "ab"}}', "-a-b-", id="replace-1"),
    pytest.param('[{{repeat 3 "ab"}}{{repeat 0 "x"}}]', "[ababab]", id="repeat-0"),
    pytest.param(
        (
            '{{trunc 2 "abc"}} {{trunc -2 "abc"}} {{trunc 9 "abc"}} {{trunc -9 "abc"}} '
            '[{{trunc 0 "abc"}}]'
        ),
        "ab bc abc abc []",
        id="trunc-0",
    ),
    pytest.param("{{trunc 3 .unicode}}", "hé", id="trunc-1"),
    pytest.param("{{trunc -3 .unicode}}", "本", id="trunc-2"),
    pytest.param(
        ('{{substr 1 2 "abc"}} {{substr -1 2 "abc"}} {{substr 1 -1 "abc"}} {{substr 1 99 "abc"}}'),
        "b ab bc bc",
        id="substr-0",
    ),
    pytest.param("{{substr 1 3 .unicode}}", "é", id="substr-4"),
    pytest.param(
        '{{abbrev 5 "hello world"}} {{abbrev 3 "hello"}} {{abbrev 20 "hello"}}',
        "he... hello hello",
        id="abbrev-0",
    ),
    pytest.param('{{abbrev 9 "日本語日本語"}}', "日本...", id="abbrev-1"),
    pytest.param('{{abbrevboth 5 10 "1234 5678 9123"}}', "...5678...", id="abbrevboth-0"),
    pytest.param(
        (
            '{{abbrevboth 4 10 "1234 5678 9123"}} {{abbrevboth 12 10 "1234 5678 9123"}} '
            '{{abbrevboth 99 10 "1234 5678 9123"}}'
        ),
        "1234 56... ...78 9123 ...78 9123",
        id="abbrevboth-1",
    ),
    pytest.param(
        '{{abbrevboth 1 6 "1234 5678 9123"}} {{abbrevboth -1 6 "1234 5678"}}',
        "1234 5678 9123 123...",
        id="abbrevboth-2",
    ),
    pytest.param('{{abbrevboth 10 6 "1234567890123"}}', "1234567890123", id="abbrevboth-3"),
    pytest.param('[{{abbrevboth 0 4 ""}}]', "[]", id="abbrevboth-4"),
    pytest.param(
        '{{plural "one" "many" 1}} {{plural "one" "many" 0}} {{plural "one" "many" 2}}',
        "one many many",
        id="plural",
    ),
    pytest.param(
        '{{quote "a\\"b" 1 nil .nope .none .items}}', '"a\\"b" "1" "[1 2 3]"', id="quote-0"
    ),
    pytest.param('{{quote "é\\x01\\u2028"}}', '"é\\x01\\u2028"', id="quote-1"),
    pytest.param("[{{quote}}]", "[]", id="quote-2"),
    pytest.param("{{quote .secrets.text}}", '"abc"', id="quote-3"),
    pytest.param(
        '{{squote "it\'s" 1 nil .nope .map}}', "'it's' '1' 'map[a:1 b:map[c:2]]'", id="squote-0"
    ),
    pytest.param("{{squote .secrets.text}}", "'[97 98 99]'", id="squote-1"),
    pytest.param('{{cat 1 nil "a" .none .nope .items}}', "1 a [1 2 3]", id="cat-0"),
    pytest.param("[{{cat}}]", "[]", id="cat-1"),
    pytest.param('[{{cat " a "}}]', "[ a ]", id="cat-2"),
    pytest.param(
        (
            "{{toString nil}} {{toString .nope}} {{toString .share}} {{toString "
            ".secrets.text}} {{toString true}} {{toString .mixed}}"
        ),
        "<nil> <nil> 1.5 abc true [1 two true <nil> [3] map[four:4]]",
        id="toString",
    ),
    pytest.param(
        (
            "{{toStrings .mixed}} {{toStrings nil}} {{toStrings 5}} {{toStrings "
            ".secrets.text}} {{typeOf (toStrings .items)}}"
        ),
        "[1 two true [3] map[four:4]] [] [5] [97 98 99] []string",
        id="toStrings",
    ),
    pytest.param(
        (
            '{{join "-" .mixed}} {{join "," nil}} {{join "," "x"}} {{join "-" .nope}} '
            '{{join "-" (until 3)}} {{join "" (splitList "," "a,b")}}'
        ),
        "1-two-true-[3]-map[four:4]  x  0-1-2 ab",
        id="join",
    ),
    pytest.param(
        (
            '{{splitList "," "a,b,"}} {{splitList "" "abé"}} {{len (splitList "," "")}} '
            '{{len (splitList "" "")}}'
        ),
        "[a b ] [a b é] 1 0",
        id="splitList",
    ),
    pytest.param('{{split "," "a,b"}} {{(split "," "a,b")._1}}', "map[_0:a _1:b] b", id="split"),
    pytest.param(
        (
            '{{splitn "," 2 "a,b,c"}} {{splitn "," 0 "a,b"}} {{splitn "," -1 "a,b,c"}} '
            '{{splitn "" 2 "abc"}} {{splitn "" 9 "abc"}} {{splitn "," 1 "a,b"}}'
        ),
        (
            "map[_0:a _1:b,c] map[] map[_0:a _1:b _2:c] map[_0:a _1:bc] map[_0:a _1:b "
            "_2:c] map[_0:a,b]"
        ),
        id="splitn",
    ),
    pytest.param("{{hello}}", "Hello!", id="hello"),
]

FAILING = [
    pytest.param('{{repeat -1 "x"}}', id="repeat-1"),
    pytest.param('{{trunc (add 1 1) "abc"}}', id="trunc-3"),
    pytest.param('{{trunc .number "abc"}}', id="trunc-4"),
    pytest.param('{{substr 2 1 "abc"}}', id="substr-1"),
    pytest.param('{{substr -1 9 "abc"}}', id="substr-2"),
    pytest.param('{{substr 9 12 "abc"}}', id="substr-3"),
    pytest.param("{{.nope | upper}}", id="missing"),
    pytest.param("{{.none | trim}}", id="null"),
]
