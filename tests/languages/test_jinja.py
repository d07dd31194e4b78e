"""Jinja as templates use it: data by key, nothing printed for what is missing, escapes by place."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages import STRICT, Escape, LanguageError
from notifier.languages.jinja import Jinja, limits

JINJA = Jinja()
DATA: dict[str, Any] = {
    "rollout": {
        "metadata": {"name": "checkout", "labels": {"team": "a&<b>", "items": "x"}},
        "status": {"currentStepIndex": 2, "abort": True, "phase": None, "ratio": 0.5},
        "spec": {"containers": [{"image": "shop:v1"}, {"image": "side:v2"}]},
    },
    "pair": ("a", "b"),
    "n": 3,
}


def render(text: str, escape: Escape = "none", **partials: str) -> str:
    """Compile and render over the sample data."""
    return JINJA.compile(text, partials).render(DATA, escape)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n", "a\n"),
        ("{{ rollout.metadata.name }}\n", "checkout\n"),
        ("{{ rollout['metadata']['name'] }}", "checkout"),
        ("{{ rollout.metadata.labels.items }}", "x"),
        ("{{ rollout.status.currentStepIndex + 1 }}", "3"),
        ("{{ rollout.spec.containers[0].image[5:] }}", "v1"),
        ("{{ rollout.spec.containers[-1].image }}", "side:v2"),
        ("{{ pair[1] }}", "b"),
        ("{{ 'abcd'[1:3] }}{{ 'abc'[:1] }}{{ [1, 2, 3][::2] }}{{ pair[1:] }}", 'bca[1, 3]["b"]'),
        ("{{ missing[1:] }}{{ n[:2] }}{{ rollout[:2] }}", ""),
        (
            "{% for c in rollout.spec.containers %}{{ loop.index }}{{ c.image }} {% endfor %}",
            "1shop:v1 2side:v2 ",
        ),
        (
            (
                "{% for c in rollout.spec.containers if c.image == 'side:v2' %}"
                "{{ loop.first }}{% endfor %}"
            ),
            "true",
        ),
        ("{% for c in missing %}x{% else %}none{% endfor %}", "none"),
        ("{% for a, b in rollout.metadata.labels | items %}{{ a }} {% endfor %}", "team items "),
        ("{% for k in rollout.metadata %}{{ k }} {% endfor %}", "name labels "),
        ("{% if rollout.status.abort %}a{% elif n %}b{% else %}c{% endif %}", "a"),
        ("{% set x = n * 2 %}{{ x }}", "6"),
        ("{% with y = 1 %}{{ y }}{% endwith %}", "1"),
        (
            (
                "{{ missing }}[{{ missing.deep['er'].x }}]"
                "{{ rollout.status.phase }}{{ rollout.status.phase.x }}"
            ),
            "[]",
        ),
        (
            (
                "{{ rollout.metadata.name.nope }}{{ n.bit_length }}{{ n[0] }}"
                "{{ rollout.spec.containers.name }}"
            ),
            "",
        ),
        ("{{ rollout.spec.containers[9] }}{{ rollout.spec.containers['x'] }}", ""),
        (
            "{{ true }} {{ false }} {{ none }} {{ 1.0 }} {{ rollout.status.ratio }}",
            "true false  1 0.5",
        ),
        ("{{ [1, none, missing] }} {{ {'a': pair} }}", '[1, null, null] {"a": ["a", "b"]}'),
        ("{{ 'a' ~ 1 ~ missing ~ true }}", "a1true"),
        (
            "{{ 'a' + 'b' }} {{ [1] + [2] }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 1 / 4 }} {{ 2 ** 10 }}",
            "ab [1, 2] 3 3 0.25 1024",
        ),
        ("{{ -n }} {{ +n }} {{ not n }} {{ n and 1 }} {{ 0 or n }}", "-3 3 false 1 3"),
        (
            "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 != 1 }} {{ 2 >= 2 }} {{ 2 <= 1 }} {{ 2 > 1 }}",
            "true false false true false true",
        ),
        (
            (
                "{{ 'a' in 'abc' }} {{ 1 in 'abc' }} {{ 1 in [1] }} "
                "{{ 'k' not in {'k': 1} }} {{ 1 in missing }}"
            ),
            "true false true false false",
        ),
        ("{{ missing == none }} {{ missing is defined }} {{ none is none }}", "false false true"),
        ("{{ rollout.metadata.name.upper().startswith('CHECK') }}", "true"),
        (
            "{{ 'a,b'.split(',') | join('-') }} {{ 'a b'.replace(' ', '') }} {{ 'x'.strip() }}",
            "a-b ab x",
        ),
        ("{{ 'v' if n == 3 else 'w' }}{{ 'v' if n == 4 }}{{ n if true else 1 }}", "v3"),
        ("{# comment #}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{%- if true -%} a {%- endif -%} ", "a"),
        ("{{ n is odd and 2 is even and 'a' is string and pair is sequence }}", "true"),
    ],
)
def test_expressions(text: str, expected: str) -> None:
    """What people write gives what they expect."""
    assert render(text) == expected


@pytest.mark.parametrize(
    ("escape", "text", "expected"),
    [
        ("none", "{{ rollout.metadata.labels.team }} <b>", "a&<b> <b>"),
        ("slack", "<!here> {{ rollout.metadata.labels.team }}", "<!here> a&amp;&lt;b&gt;"),
        ("slack", "<{{ 'https://x?a=1&b' }}|{{ n }}>", "<https://x?a=1&b|3>"),
        ("slack", "{{ '<!here>' if n else rollout.metadata.labels.team }}", "<!here>"),
        ("slack", "{{ '<!here>' if not n else rollout.metadata.labels.team }}", "a&amp;&lt;b&gt;"),
        ("slack", "{{ '<!here>' if not n }}", ""),
        ("slack", "{{ '<' ~ rollout.metadata.name }}", "&lt;checkout"),
        ("slack", "{{ '\\u202e\\x00a\\n' ~ 'b' }}", "a\nb"),
        (
            "html",
            "<b>{{ rollout.metadata.labels.team }}{{ '\"' ~ n }}</b>",
            "<b>a&amp;&lt;b&gt;&#34;3</b>",
        ),
        (
            "html",
            "{{ rollout.metadata.labels }}",
            "{&#34;team&#34;: &#34;a&amp;&lt;b&gt;&#34;, &#34;items&#34;: &#34;x&#34;}",
        ),
    ],
)
def test_data_is_escaped_and_the_template_is_not(escape: Escape, text: str, expected: str) -> None:
    """Values are defused for their place; the template's own text passes."""
    assert render(text, escape) == expected


@given(st.text())
def test_no_control_character_of_data_reaches_slack(text: str) -> None:
    """Whatever an object says, it cannot open a Slack control sequence (security.md S14)."""
    shown = JINJA.compile("{{ x }}").render({"x": text}, "slack")
    assert "<" not in shown
    assert ">" not in shown
    assert "\u202e" not in shown
    assert "&" not in shown.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a\n{{ x", 2, "unexpected end"),
        ("a\n{% if %}", 2, "Expected an expression"),
        ("{{ x | nope }}", 1, "No filter named 'nope'"),
        ("{{ x is nope }}", 1, "No test named 'nope'"),
        ("{% macro m() %}{% endmacro %}", 1, "{% macro %} is not supported"),
        ("\n{% block b %}{% endblock %}", 2, "{% block %} is not supported"),
        ("{% extends 'x' %}", 1, "{% extends %} is not supported"),
        ("{% import 'x' as y %}", 1, "{% import %} is not supported"),
        ("{% from 'x' import y %}", 1, "is not supported"),
        ("{% set x %}a{% endset %}", 1, "{% endset %} is not supported"),
        ("{% filter upper %}a{% endfilter %}", 1, "{% filter %} is not supported"),
        ("{% call x() %}{% endcall %}", 1, "{% call %} is not supported"),
        ("{% autoescape true %}{% endautoescape %}", 1, "{% autoescape %} is not supported"),
        ("{% set x.y = 1 %}", 1, "assigning to an attribute"),
        ("{{ self }}", 1, "the name self is not available"),
        ("{{ __import__ }}", 1, "the name __import__ is not available"),
        ("{{ range(*n) }}", 1, "* and ** in a call"),
        ("{{ x | join(**n) }}", 1, "* and ** in a call"),
        ("{% for x in n recursive %}{% endfor %}", 1, "a recursive loop"),
        ("{% include 'none' %}", 1, "there is no partial.none"),
        ("{% include n %}", 1, "include takes the name"),
        ("{{ " + "9" * 5_000 + " }}", 0, "Exceeds the limit"),
        ("x" * 70_000, 1, "longer than 64 KiB"),
        ("{{ x }}" * 4_500, 1, "too long"),
        ("\n" + "{{" + "x," * 5_000 + "x}}", 2, "too long"),
        ("{{ " + "(" * 40 + "x" + ")" * 40 + " }}", 0, ""),
        ("{{ " + "not " * 70 + "x }}", 1, "nested too deeply"),
        ("{{ " + "(" * 3_000 + "x" + ")" * 3_000 + " }}", 0, "nested too deeply"),
        ("{% if x %}" * 20 + "{% endif %}" * 20, 1, "nested too deeply"),
    ],
)
def test_what_cannot_be_compiled(text: str, line: int, message: str) -> None:
    """Syntax that is wrong, foreign or too large is refused with its line."""
    if not message:
        assert render(text) == ""
        return
    with pytest.raises(LanguageError) as caught:
        JINJA.compile(text)
    assert message in caught.value.message
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a\n\n{{ missing + 1 }}", 3, "two numbers"),
        ("{{ n +\n'a' }}", 1, "two numbers, texts or lists"),
        ("\n{{ 1 / 0 }}", 2, "division by zero"),
        ("{{ 1 < 'a' }}", 1, "not supported between"),
        ("{{ -'a' }}", 1, "bad operand"),
        ("{{ -missing }}", 1, "'missing' is undefined"),
        ("{% for x in n %}{% endfor %}", 1, "not over a number"),
        ("{{ nope() }}", 1, "there is no function nope"),
        ("{{ n() }}", 1, "only functions are called"),
        ("{{ 'a'.replace(['b'], 'c') }}", 1, "take texts and numbers"),
        ("{{ 'a'.split('') }}", 1, "empty separator"),
        ("{{ 'a'.upper }}", 1, "prints only"),
        ("{{ ['a'.upper] | tojson }}", 1, "prints only"),
        ("{{ range }}", 1, "prints only"),
        ("{{ n in 3 }}", 1, "`in` looks into"),
        ("{{ {[]: 1} }}", 1, "unhashable"),
        ("{{ 0 ** -1 }}", 1, "base above zero"),
        ("{{ (-8) ** 0.5 }}", 1, "base above zero"),
        ("{{ 1e308 * 10 | int }}{{ 2.0 ** 5000 }}", 1, "too large"),
        ("{{ {} | sum }}{{ [[]] | sum }}", 1, "a number is expected"),
    ],
)
def test_what_cannot_be_rendered(text: str, line: int, message: str) -> None:
    """A fault at run time is a `LanguageError` with the template's line."""
    with pytest.raises(LanguageError) as caught:
        render(text)
    assert message in caught.value.message
    assert caught.value.line == line


def test_objects_are_no_data() -> None:
    """What is no plain data cannot be printed, called or walked."""
    for text in ("{{ x }}", "{{ x() }}", "{{ [x] }}"):
        with pytest.raises(LanguageError):
            JINJA.compile(text).render({"x": object()})
    assert JINJA.compile("{{ x.a }}{{ x['a'] }}").render({"x": Jinja}) == ""


def test_partials_stand_where_they_are_included() -> None:
    """A partial sees the variables and leaves none behind."""
    assert render("{% include 'a' %}!", a="{{ n }}{% include 'b' %}", b="b") == "3b!"
    assert render("{% include 'a' %}{{ x }}", a="{% set x = 1 %}") == ""
    assert render("{% include 'none' ignore missing %}x", a="") == "x"
    assert render("{% for i in [1, 2] %}{% include 'a' %}{% endfor %}", a="{{ i }}") == "12"


def test_partials_change_the_program() -> None:
    """Equal texts with other partials are other programs; without include the text decides."""
    assert render("{% include 'a' %}", a="1") == "1"
    assert render("{% include 'a' %}", a="2") == "2"
    assert JINJA.compile("{{ n }}", {"a": "1"}) is JINJA.compile("{{ n }}", {"a": "2"})


def test_nesting_through_partials_is_refused() -> None:
    """Blocks of partials in each other add up to more than Python takes."""
    deep = "{% for i in l %}" * 11 + "{}" + "{% endfor %}" * 11
    partials = {
        "a": deep.replace("{}", "{% include 'b' %}"),
        "b": deep.replace("{}", "{% include 'c' %}"),
        "c": deep,
    }
    with pytest.raises(LanguageError, match="nested too deeply"):
        JINJA.compile("{% include 'a' %}", partials)


@pytest.mark.parametrize(
    ("partials", "message"),
    [
        ({"a": "{% include 'a' %}"}, "partial.a includes itself"),
        ({"a": "{% include 'b' %}", "b": "{% include 'a' %}"}, "partial.a includes itself"),
        ({"a": "{{ x |"}, "in partial.a: "),
        ({"a": "{% include 'b' %}" * 200, "b": "{{ x }}" * 100}, "split the template"),
        ({"a": "{% include 'b' %}" * 20, "b": "x" * 60_000}, "longer than 64 KiB"),
    ],
    ids=["self", "cycle", "fault", "nodes", "characters"],
)
def test_bad_partials(partials: dict[str, str], message: str) -> None:
    """A partial is checked where it is included, at the line of the include."""
    with pytest.raises(LanguageError) as caught:
        JINJA.compile("\n{% include 'a' %}", partials)
    assert message in caught.value.message
    assert caught.value.line == 2


def test_the_cache_is_bounded() -> None:
    """Many texts do not stay for ever."""
    jinja = Jinja()
    first = jinja.compile("{{ a0 }}")
    assert jinja.compile("{{ a0 }}") is first
    jinja._programs.update(
        {(f"{at}", ()): first for at in range(3_000)}  # as many as years of edits leave
    )
    jinja.compile("{{ a1 }}")
    assert len(jinja._programs) == 1


def test_output_is_bounded() -> None:
    """A rendering prints a mebibyte at most."""
    text = "{% for i in range(20) %}{{ x }}{% endfor %}"
    with pytest.raises(LanguageError, match="prints more than"):
        JINJA.compile(text).render({"x": "a" * (limits.OUTPUT // 10)})


@pytest.mark.usefixtures("no_collection")
def test_rendering_is_fast() -> None:
    """A message of ordinary size takes tens of microseconds."""
    program = JINJA.compile(
        "{{ rollout.metadata.name }}: step {{ rollout.status.currentStepIndex + 1 }} "
        "{% for c in rollout.spec.containers %}{{ c.image }} {% endfor %}"
        "{% if rollout.status.abort == true %}aborted{% endif %}"
    )
    program.render(DATA, "slack")
    started = time.process_time()
    for _ in range(200):
        program.render(DATA, "slack")
    assert (time.process_time() - started) / 200 < 500e-6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ a.b }} {{ a.x or 'd' }} {{ y|default('-') }} {% if z %}no{% endif %}", ""),
        ("{{ a.x }}", "prints x, which is missing"),
        ("one\n{{ y.deep.er }}", "prints y, which is missing"),
    ],
)
def test_strict_fails_where_a_missing_value_is_printed(text: str, message: str) -> None:
    """Asking whether a value is there stays allowed; the usual language prints nothing."""
    variables = {"a": {"b": 1}}
    assert Jinja().compile(text).render(variables) is not None
    program = STRICT.templates["jinja"].compile(text)
    if not message:
        assert program.render(variables) == "1 d - "
        return
    with pytest.raises(LanguageError, match=message) as caught:
        program.render(variables)
    assert caught.value.line == text.count("\n") + 1
