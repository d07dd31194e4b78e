"""Reading and writing JSON."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        (
            "{{toJson .mixed}} {{toJson .map}} {{toJson nil}} {{toJson .nope}} {{toJson "
            '.secrets.text}} {{toJson "<a&b>\\u2028é"}} {{toJson 1000000.0}} {{toJson '
            "1e-7}} {{toJson 1e21}}"
        ),
        (
            '[1,"two",true,null,[3],{"four":4}] {"a":1,"b":{"c":2}} null null "YWJj" '
            '"\\u003ca\\u0026b\\u003e\\u2028é" 1000000 1e-7 1e+21'
        ),
        id="toJson-0",
    ),
    pytest.param(
        (
            '{{toJson (rest (list))}} {{toJson (list)}} {{toJson (regexFindAll "x" "" '
            '-1)}} {{toJson (until 0)}} {{toJson (concat)}} {{toJson (unset .nope "a")}}'
        ),
        "null [] null [] null null",
        id="toJson-1",
    ),
    pytest.param('[{{toJson (float64 "nan")}}]', "[]", id="toJson-2"),
    pytest.param(
        '{{toJson (semver "v1.2")}} {{toJson (chunk 2 .items)}}',
        '"1.2.0" [[1,2],[3]]',
        id="toJson-3",
    ),
    pytest.param(
        (
            "{{toPrettyJson .map}} {{toPrettyJson (list)}} {{toPrettyJson (dict)}} "
            '{{toPrettyJson "<"}}'
        ),
        '{\n  "a": 1,\n  "b": {\n    "c": 2\n  }\n} [] {} "\\u003c"',
        id="toPrettyJson-0",
    ),
    pytest.param('[{{toPrettyJson (float64 "inf")}}]', "[]", id="toPrettyJson-1"),
    pytest.param(
        '{{toRawJson "<a&b>"}} {{mustToRawJson .items}}', '"<a&b>" [1,2,3]', id="toRawJson"
    ),
    pytest.param("{{mustToJson .items}} {{mustToPrettyJson 1}}", "[1,2,3] 1", id="must-0"),
    pytest.param(
        (
            '{{fromJson "{\\"a\\":[1,2.5,null,true]}"}} {{fromJson "bad"}} {{fromJson '
            '"\\"x\\""}} {{typeOf (fromJson "1")}} {{mustFromJson "[1]"}}'
        ),
        "map[a:[1 2.5 <nil> true]] <no value> x float64 [1]",
        id="fromJson-0",
    ),
]

FAILING = [
    pytest.param('{{mustToJson (float64 "nan")}}', id="must-1"),
    pytest.param('{{mustToPrettyJson (float64 "nan")}}', id="must-2"),
    pytest.param('{{toRawJson (float64 "nan")}}', id="must-3"),
    pytest.param('{{mustToRawJson (float64 "nan")}}', id="must-4"),
    pytest.param('{{mustFromJson "{"}}', id="fromJson-1"),
    pytest.param('{{mustFromJson ""}}', id="fromJson-2"),
]
