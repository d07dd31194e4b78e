"""Capitals, camel case, initials."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param('{{upper "straße ΐ ŉ ᾀ dž İı ﬁ"}}', "STRAßE ΐ ŉ ᾈ DŽ İI ﬁ", id="upper"),
    pytest.param('{{lower "ÀÉ İ ΑΣ ẞ"}}', "àé i ασ ß", id="lower"),
    pytest.param('{{title "ab cd-ef g_h 1i éa ßx"}}', "Ab Cd-Ef G_h 1i Éa ßx", id="title-0"),
    pytest.param('[{{title ""}}]', "[]", id="title-1"),
    pytest.param('{{untitle "Ab Cd-Ef ÉX\\tY"}}', "ab cd-Ef éX\ty", id="untitle"),
    pytest.param('{{swapcase "Ab cD dž Dž ÉéX 1a"}}', "aB Cd DŽ dŽ éÉx 1A", id="swapcase"),
    pytest.param(
        '{{nospace " a b\\tc\\n"}} {{nospace "é"}} {{nospace "é x"}} {{nospace "à"}}',
        "abc é Ã©x Ã",
        id="nospace",
    ),
    pytest.param('{{initials "Foo bar  baz"}} {{initials " é x"}}', "Fbb Ãx", id="initials-0"),
    pytest.param('[{{initials ""}}]', "[]", id="initials-1"),
    pytest.param(
        (
            '{{camelcase "on-rollout-completed"}} {{camelcase "fooBar"}} {{camelcase '
            '"_x"}} {{camelcase "HTTPServer2x"}}'
        ),
        "OnRolloutCompleted FooBar _X Httpserver2x",
        id="camelcase-0",
    ),
    pytest.param(
        (
            '{{camelcase "GOLANG_IS_GREAT"}} {{camelcase "_complex__case_"}} {{camelcase '
            '"a"}} {{camelcase "A b  c"}}'
        ),
        "GolangIsGreat _Complex_Case_ A AB C",
        id="camelcase-1",
    ),
    pytest.param(
        '[{{camelcase ""}}] [{{camelcase "_"}}] [{{camelcase "- "}}]',
        "[] [__] [-  ]",
        id="camelcase-2",
    ),
    pytest.param(
        (
            '{{snakecase "HTTPServer2x"}} {{snakecase "http2xx"}} {{snakecase '
            '"HTTP20xOK"}} {{snakecase "Duration2m3s"}} {{snakecase "Bld4Floor3rd"}}'
        ),
        "http_server_2x http_2xx http_20x_ok duration_2m3s bld4_floor_3rd",
        id="snakecase-0",
    ),
    pytest.param(
        (
            '{{snakecase "GO_PATH"}} {{snakecase "GO PATH-x"}} {{snakecase "FirstName"}} '
            '{{snakecase "NoHTTPS"}} {{snakecase "a.B,cD"}}'
        ),
        "go_path go_path_x first_name no_https a.b,c_d",
        id="snakecase-1",
    ),
    pytest.param(
        (
            '{{snakecase "ab2"}} {{snakecase "2AB"}} {{snakecase "2日本A"}} {{snakecase '
            '"a2B"}} {{snakecase "a2-b"}} {{snakecase "A2日"}} {{snakecase "é²€"}}'
        ),
        "ab2 2_ab 2_日本_a a2_b a2_b a2_日 é²_€",
        id="snakecase-2",
    ),
    pytest.param(
        (
            '[{{snakecase ""}}] [{{snakecase "-_"}}] {{snakecase "_a_"}} {{snakecase '
            '"AB1"}} {{snakecase "A.B"}}'
        ),
        "[] [__] _a_ ab1 a.b",
        id="snakecase-3",
    ),
    pytest.param('{{kebabcase ",a,_ b"}} {{kebabcase "a_.b"}}', ",a,_-b a-.b", id="kebabcase-0"),
    pytest.param(
        '{{kebabcase "HTTPServer"}} {{kebabcase "first_name here"}}',
        "http-server first-name-here",
        id="kebabcase-1",
    ),
]
