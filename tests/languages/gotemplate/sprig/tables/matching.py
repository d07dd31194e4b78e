"""Regular expressions."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        (
            '{{regexMatch "^v[0-9]+$" "v19"}} {{regexMatch "(" "x"}} {{regexMatch "a$" '
            '"a\\n"}} {{mustRegexMatch "b" "abc"}}'
        ),
        "true false false true",
        id="match",
    ),
    pytest.param(
        (
            '{{regexFind "[0-9]+" "v19 v20"}} [{{regexFind "x" "abc"}}] {{mustRegexFind '
            '"é." .unicode}}'
        ),
        "19 [] él",
        id="find",
    ),
    pytest.param(
        (
            '{{regexFindAll "[0-9]" "1a2b3" -1}} {{regexFindAll "[0-9]" "1a2b3" 2}} '
            '{{regexFindAll "x" "abc" -1}} {{regexFindAll "a" "a" 0}} {{mustRegexFindAll '
            '"a*" "baac" -1 | len}}'
        ),
        "[1 2 3] [1 2] [] [] 3",
        id="findAll",
    ),
    pytest.param(
        (
            '{{regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W"}} {{regexReplaceAll "a(x*)b" '
            '"-ab-axxb-" "$1W"}} {{mustRegexReplaceAll "(?P<n>l+)" .unicode "<$n>"}}'
        ),
        "-W-xxW- --- hé<ll>o 日本",
        id="replace",
    ),
    pytest.param(
        (
            '{{regexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "${1}"}} '
            '{{mustRegexReplaceAllLiteral "l" .unicode "$"}}'
        ),
        "-${1}-${1}- hé$$o 日本",
        id="literal",
    ),
    pytest.param(
        (
            '{{regexSplit "z+" "pizza" -1}} {{regexSplit "z" "pizza" 1}} {{regexSplit "z" '
            '"pizza" 2}} {{regexSplit "z" "pizza" 0}} {{mustRegexSplit "" "aé" -1}}'
        ),
        "[pi a] [pizza] [pi za] [] [a é]",
        id="split",
    ),
    pytest.param('{{regexQuoteMeta "1.2+3[é]"}}', "1\\.2\\+3\\[é\\]", id="quote"),
]

FAILING = [
    pytest.param('{{mustRegexMatch "(" "x"}}', id="malformed-0"),
    pytest.param('{{regexFind "(" "x"}}', id="malformed-1"),
    pytest.param('{{mustRegexFind "(" "x"}}', id="malformed-2"),
    pytest.param('{{regexFindAll "(" "x" -1}}', id="malformed-3"),
    pytest.param('{{mustRegexFindAll "(" "x" -1}}', id="malformed-4"),
    pytest.param('{{regexReplaceAll "(" "x" ""}}', id="malformed-5"),
    pytest.param('{{regexReplaceAllLiteral "(" "x" ""}}', id="malformed-6"),
    pytest.param('{{regexSplit "(" "x" -1}}', id="malformed-7"),
    pytest.param('{{regexFind "(?=x)" "x"}}', id="malformed-8"),
]
