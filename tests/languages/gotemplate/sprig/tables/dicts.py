"""Functions on maps."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        '{{dict "a" 1 "b"}} {{dict}} {{dict 1 2 nil 3 true nil}} {{dict .secrets.text 1}}',
        "map[a:1 b:] map[] map[1:2 <nil>:3 true:<nil>] map[abc:1]",
        id="dict",
    ),
    pytest.param(
        (
            '{{get .map "a"}} [{{get .map "x"}}] {{hasKey .map "a"}} {{hasKey .map "x"}} '
            '[{{get .nope "a"}}]'
        ),
        "1 [] true false []",
        id="get-0",
    ),
    pytest.param(
        '{{$d := dict "a" 1}}{{$e := set $d "b" nil}}{{$d}} {{$e}}',
        "map[a:1 b:<nil>] map[a:1 b:<nil>]",
        id="set-0",
    ),
    pytest.param(
        (
            '{{$d := dict "a" 1 "b" 2}}{{$_ := unset $d "b"}}{{$d}} {{unset $d "x"}} '
            '{{unset .nope "a"}}'
        ),
        "map[a:1] map[a:1] map[]",
        id="unset",
    ),
    pytest.param('{{pluck "a" .map (dict "b" 1) (dict "a" nil) .nope}}', "[1 <nil>]", id="pluck"),
    pytest.param(
        '{{pick .map "a" "x"}} {{omit .map "a"}} {{pick .nope "a"}} {{omit .map}}',
        "map[a:1] map[b:map[c:2]] map[] map[a:1 b:map[c:2]]",
        id="pick",
    ),
    pytest.param(
        (
            '{{keys (dict "a" 1)}} {{keys .nope}} {{values (dict "a" 1)}} {{keys (dict "a" '
            '1) (dict "a" 2)}} {{typeOf (keys (dict))}}'
        ),
        "[a] [] [1] [a a] []string",
        id="keys",
    ),
    pytest.param(
        (
            '{{dig "b" "c" 0 .map}} {{dig "b" "x" 0 .map}} {{dig "x" "c" "d" .map}} {{dig '
            '"b" 0 .map}}'
        ),
        "2 0 d map[c:2]",
        id="dig-0",
    ),
    pytest.param('{{deepCopy (semver "1.2.3")}}', "0.0.0", id="deepCopy-0"),
    pytest.param(
        (
            '{{$d := dict "a" (dict "b" (list 1))}}{{$c := deepCopy $d}}{{$_ := set $d.a '
            '"b" 2}}{{$c}} {{$d}}'
        ),
        "map[a:map[b:[1]]] map[a:map[b:2]]",
        id="deepCopy-1",
    ),
    pytest.param(
        ('{{deepCopy .mixed}} {{deepCopy "x"}} {{typeOf (deepCopy (until 2))}} {{mustDeepCopy 1}}'),
        "[1 two true <nil> [3] map[four:4]] x []int 1",
        id="deepCopy-2",
    ),
    pytest.param(
        '{{merge (dict "a" 1) (dict "a" 2 "b" 3) (dict "b" 4 "c" 5)}}',
        "map[a:1 b:3 c:5]",
        id="merge-0",
    ),
    pytest.param(
        '{{merge (dict "a" "" "b" 0 "l" (list)) (dict "a" 2 "b" 3 "l" (list 1))}}',
        "map[a:2 b:3 l:[1]]",
        id="merge-1",
    ),
    pytest.param(
        '{{merge (dict "a" (dict "x" 1)) (dict "a" (dict "x" 2 "y" 3))}}',
        "map[a:map[x:1 y:3]]",
        id="merge-2",
    ),
    pytest.param('{{merge (dict "a" nil) (dict "a" nil "b" nil)}}', "map[a:<nil>]", id="merge-3"),
    pytest.param(
        '{{merge .nope (dict "a" 1)}} {{merge (dict) .nope}} {{merge .nope .nope}}',
        "map[a:1] map[] map[]",
        id="merge-4",
    ),
    pytest.param(
        (
            '{{merge (dict "a" 1) (dict "a" (dict "x" 1))}} {{merge (dict "a" (dict)) '
            '(dict "a" (dict))}}'
        ),
        "map[a:1] map[a:map[]]",
        id="merge-5",
    ),
    pytest.param(
        '{{mustMerge (dict "a" (list 1)) (dict "a" (list 2))}}', "map[a:[1]]", id="merge-6"
    ),
    pytest.param(
        '{{mergeOverwrite (dict "a" 1) (dict "a" 2 "b" 3) (dict "b" 4)}}',
        "map[a:2 b:4]",
        id="mergeOverwrite-0",
    ),
    pytest.param(
        '{{mergeOverwrite (dict "a" 1 "l" (list 1)) (dict "a" "" "l" (list))}}',
        "map[a: l:[]]",
        id="mergeOverwrite-1",
    ),
    pytest.param(
        (
            '{{mergeOverwrite (dict "a" (dict "x" 1)) (dict "a" (dict "x" 2 "y" 3))}} '
            '{{mergeOverwrite (dict "a" 1) (dict "a" nil)}}'
        ),
        "map[a:map[x:2 y:3]] map[a:<nil>]",
        id="mergeOverwrite-2",
    ),
    pytest.param(
        '{{mustMergeOverwrite (dict "a" (dict "x" 1)) (dict "a" 1)}}',
        "map[a:1]",
        id="mergeOverwrite-3",
    ),
    pytest.param(
        (
            '{{$s := dict "n" (dict "x" 1)}}{{$d := merge (dict) $s}}{{$_ := '
            'mergeOverwrite $d (dict "n" (dict "x" 2))}}{{$s}}'
        ),
        "map[n:map[x:2]]",
        id="aliases",
    ),
]

FAILING = [
    pytest.param('{{get .none "a"}}', id="get-1"),
    pytest.param('{{get .items "a"}}', id="get-2"),
    pytest.param('{{get (split "," "a") "_0"}}', id="get-3"),
    pytest.param('{{hasKey .secrets "text"}}', id="get-4"),
    pytest.param('{{set .nope "a" 1}}', id="set-1"),
    pytest.param('{{dig "a" .map}}', id="dig-1"),
    pytest.param('{{dig "a" "b" 0 .map}}', id="dig-2"),
    pytest.param('{{dig "a" 0 .items}}', id="dig-3"),
    pytest.param("{{dig 1 0 .map}}", id="dig-4"),
    pytest.param('{{dig "a" 0 .nope}}', id="dig-5"),
    pytest.param('{{dig "_0" 0 (split "," "a")}}', id="dig-6"),
    pytest.param("{{deepCopy nil}}", id="deepCopy-3"),
    pytest.param("{{deepCopy .nope}}", id="deepCopy-4"),
]
