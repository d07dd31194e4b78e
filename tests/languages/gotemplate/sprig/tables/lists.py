"""Functions on lists."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        '{{list 1 nil .nope "a"}} {{tuple 1}} {{list}}', "[1 <nil> <nil> a] [1] []", id="list"
    ),
    pytest.param(
        "{{first .items}} {{last .items}} {{rest .items}} {{initial .items}}",
        "1 3 [2 3] [1 2]",
        id="ends-0",
    ),
    pytest.param(
        "{{first (list)}} {{last (list)}} {{rest (list)}} {{initial (list)}}",
        "<no value> <no value> [] []",
        id="ends-1",
    ),
    pytest.param(
        "{{first .secrets.text}} {{typeOf (last .secrets.text)}} {{rest .secrets.text}}",
        "97 uint8 [98 99]",
        id="ends-2",
    ),
    pytest.param(
        ("{{mustFirst .items}} {{mustLast .items}} {{mustRest .items}} {{mustInitial .items}}"),
        "1 3 [2 3] [1 2]",
        id="ends-3",
    ),
    pytest.param("{{reverse .items}} {{mustReverse (until 3)}}", "[3 2 1] [2 1 0]", id="reverse"),
    pytest.param(
        '{{uniq (list 1 1.0 "1" 1 nil nil (list 1) (list 1) (dict "a" 1) (dict "a" 1))}}',
        "[1 1 1 <nil> [1] map[a:1]]",
        id="uniq-0",
    ),
    pytest.param(
        (
            '{{uniq (list (semver "1") (semver "1") (semver "2"))}} {{uniq .words}} '
            '{{mustUniq (splitList "," "a,b,a")}}'
        ),
        "[1.0.0 2.0.0] [b a c] [a b]",
        id="uniq-1",
    ),
    pytest.param(
        '{{compact .mixed}} {{compact (list 0 "" nil false (list) (dict) 1)}}',
        "[1 two true [3] map[four:4]] [1]",
        id="compact",
    ),
    pytest.param(
        '{{without .items 2}} {{without .items 2.0}} {{without .words "a" "c"}}',
        "[1 2 3] [1 3] [b]",
        id="without",
    ),
    pytest.param(
        (
            '{{has 1 .items}} {{has 1.0 .items}} {{has "a" .words}} {{has nil .mixed}} '
            "{{has 1 nil}} {{has 1 .nope}} {{has (list 3.0) .mixed}}"
        ),
        "false true true true false false true",
        id="has",
    ),
    pytest.param(
        ('{{append .items 4}} {{push .items nil}} {{prepend .items 0}} {{append (until 2) "x"}}'),
        "[1 2 3 4] [1 2 3 <nil>] [0 1 2 3] [0 1 x]",
        id="append-0",
    ),
    pytest.param("{{$l := list 1}}{{append $l 2}} {{$l}}", "[1 2] [1]", id="append-1"),
    pytest.param(
        "{{concat .items (until 2) (list nil)}} {{concat}}", "[1 2 3 0 1 <nil>] []", id="concat"
    ),
    pytest.param(
        (
            "{{chunk 2 .items}} {{chunk 3 .items}} {{chunk 2 (list)}} {{typeOf (chunk 2 "
            ".items)}} {{chunk 9 .items}}"
        ),
        "[[1 2] [3]] [[1 2 3]] [] [][]interface {} [[1 2 3]]",
        id="chunk-0",
    ),
    pytest.param("{{chunk -2 (list 1)}} {{chunk -2 .items}}", "[[1]] []", id="chunk-1"),
    pytest.param(
        (
            "{{slice .items}} {{slice .items 1}} {{slice .items 1 2}} {{slice (list)}} "
            '{{slice (splitList "," "a,b,c") "1" 2.0}} {{slice .secrets.text 1}}'
        ),
        "[1 2 3] [2 3] [2] <no value> [b] [98 99]",
        id="slice-0",
    ),
    pytest.param("{{typeOf (slice (until 3) 1)}}", "[]int", id="slice-1"),
    pytest.param(
        (
            '{{sortAlpha .words}} {{sortAlpha .mixed}} {{sortAlpha "x"}} {{sortAlpha nil}} '
            '{{sortAlpha (list "é" "z" "Z")}}'
        ),
        "[a a b c] [1 [3] map[four:4] true two] [x] [<nil>] [Z z é]",
        id="sortAlpha-0",
    ),
    pytest.param(
        '{{$l := splitList "," "b,a"}}{{$s := sortAlpha $l}}{{$l}}', "[a b]", id="sortAlpha-1"
    ),
]

FAILING = [
    pytest.param('{{first "abc"}}', id="noList-0"),
    pytest.param("{{rest .nope}}", id="noList-1"),
    pytest.param("{{uniq nil}}", id="noList-2"),
    pytest.param("{{reverse .map}}", id="noList-3"),
    pytest.param("{{last 3}}", id="noList-4"),
    pytest.param("{{append nil 1}}", id="noList-5"),
    pytest.param("{{concat .nope}}", id="noList-6"),
    pytest.param("{{slice nil}}", id="noList-7"),
    pytest.param('{{slice "abc" 1}}', id="noList-8"),
    pytest.param("{{chunk 2 nil}}", id="noList-9"),
    pytest.param('{{has 1 "abc"}}', id="noList-10"),
    pytest.param("{{initial .none}}", id="noList-11"),
    pytest.param("{{without .nope 1}}", id="noList-12"),
    pytest.param('{{compact "a"}}', id="noList-13"),
    pytest.param("{{prepend 1 1}}", id="noList-14"),
    pytest.param("{{chunk 0 .items}}", id="chunk-2"),
    pytest.param("{{chunk -1 (list 1)}}", id="chunk-3"),
    pytest.param("{{chunk 0 (list)}}", id="chunk-4"),
    pytest.param("{{chunk -1 .items}}", id="chunk-5"),
    pytest.param("{{slice .items 2 1}}", id="slice-2"),
    pytest.param("{{slice .items 5}}", id="slice-3"),
    pytest.param("{{slice .items -1}}", id="slice-4"),
]
