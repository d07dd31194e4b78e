"""Go templates and expr behind the seam: data as Go has it, defused, with the clock of the data."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.languages import CONDITIONS, TEMPLATES, LanguageError, Variables
from notifier.languages.golang import times

GO = TEMPLATES["go"]
EXPR = CONDITIONS["expr"]


def test_whole_numbers_of_the_data_are_floats() -> None:
    """As after decoding JSON; the given data keeps its ints."""
    data = Variables({"rollout": {"n": 1_000_000, "l": [1]}})
    assert GO.compile("{{.rollout.n}} {{.rollout.l}}").render(data) == "1e+06 [1]"
    assert EXPR.compile("rollout.n / 2 == 500000.0").evaluate(data) is True
    assert EXPR.compile("rollout").evaluate(data)["n"] == 1_000_000
    assert type(data["rollout"]["n"]) is int


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@{{.who}}>", "<@U1>"),
        ("{{.bad}}", "&lt;!channel> & co"),
        ("{{.bad | upper}}", "&LT;!CHANNEL> & CO"),
        ("{{range $k, $v := .map}}{{$k}}={{$v}}{{end}}", "&lt;!here>=&lt;https://x.example|y>"),
    ],
)
def test_data_of_a_slack_field_is_defused(text: str, expected: str) -> None:
    """What the template says itself stays; other fields print byte-exactly."""
    data: dict[str, Any] = {
        "who": "U1",
        "bad": "<!channel> & co",
        "map": {"<!here>": "<https://x.example|y>"},
    }
    assert GO.compile(text).render(data, "slack") == expected
    assert GO.compile("{{.bad}}").render(data, "html") == "<!channel> & co"


def test_the_clock_is_the_one_of_the_variables() -> None:
    """Equal variables give equal bytes, also where a template asks for time or chance."""
    text = '{{now | date "2006-01-02 15:04:05"}} {{uuidv4}} {{randAlpha 9}}'
    at = {"time": times.library(times.from_unix(1_700_000_000))}
    first, second = (GO.compile(text).render(at) for _ in range(2))
    assert first == second
    assert first.startswith("2023-11-14 22:13:20 ")
    assert EXPR.compile("now().Year()").evaluate(at) == 2023
    assert GO.compile("{{now.Year}}").render({"time": "no library"}) == "1970"


PARTIALS = {
    "head": "[{{.a}}]{{template `tail` .}}",
    "tail": "{{define `inner`}}i{{end}}t{{template `inner`}}",
    "broken": "{{nothing}}",
    "failing": "{{.a.b.c}}",
    "jinja": "{% if x %}{% endif %}{{ x | join(', ') }}",
}


def test_partials_are_called_as_templates() -> None:
    """Also by each other; what the text defines itself comes first."""
    program = GO.compile("{{template `head` .}}!", PARTIALS)
    assert program.render({"a": 1}) == "[1]ti!"
    own = GO.compile("{{define `tail`}}own{{end}}{{template `head` .}}", PARTIALS)
    assert own.render({"a": 1}) == "[1]own"
    assert GO.compile("{{.a}}", PARTIALS).render({"a": 1}) == "1"


def test_faults_of_partials_name_them() -> None:
    """One that does not parse is a fault where it is called, and only there."""
    with pytest.raises(LanguageError, match="in partial broken: function"):
        GO.compile("{{template `broken`}}", PARTIALS)
    with pytest.raises(LanguageError, match="in partial failing: can't evaluate field b"):
        GO.compile("{{template `failing` .}}", PARTIALS).render({"a": 1})
    with pytest.raises(LanguageError, match='template "missing" not defined'):
        GO.compile("{{template `missing`}}", PARTIALS).render({})


def test_equal_texts_share_a_program() -> None:
    """Partials count only where the text may call one."""
    assert GO.compile("{{.a}}", PARTIALS) is GO.compile("{{.a}}")
    assert EXPR.compile("a == 1") is EXPR.compile("a == 1")


def test_errors_have_their_place() -> None:
    """Line and column count from 1; conditions name what they read."""
    with pytest.raises(LanguageError) as parse:
        GO.compile("a\n{{ truncat 3 .x }}")
    assert (parse.value.line, parse.value.column) == (2, 4)
    with pytest.raises(LanguageError) as run:
        EXPR.compile("a ==\n  b.c.d").evaluate({"a": 1})
    assert run.value.line == 2
    assert EXPR.compile("rollout.x == 1 and time.Now() > y").names == {"rollout", "time", "y"}
