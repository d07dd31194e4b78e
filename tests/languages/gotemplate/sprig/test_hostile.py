"""Whatever a template asks for ends within the limits of its run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs
from notifier.languages.golang.values import Sealed

Render = Callable[..., str]

BOMBS = [
    '{{repeat 1000000000 "a"}}',
    "{{until 1000000000}}",
    "{{untilStep 0 1000000000 1}}",
    "{{seq 1000000000}}",
    '{{indent 1000000000 "a"}}',
    '{{nindent 1000000000 "a"}}',
    "{{randAlpha 1000000000}}",
    "{{randBytes 1000000000}}",
    '{{replace "" (repeat 1000 "a") (repeat 2000 "a")}}',
    '{{join (repeat 100000 "a") (until 1000)}}',
    '{{wrapWith 1 (repeat 10000 "a") (repeat 10000 "a")}}',
    '{{wrap 1 (repeat 500000 "a ")}}',
    "{{$l := until 1000}}{{range until 1000}}{{$l = concat $l $l}}{{end}}",
    '{{range until 1000}}{{$_ := repeat 100000 "a"}}{{end}}',
    "{{$l := list 1}}{{range until 100}}{{$l = list $l $l}}{{end}}{{toJson $l}}",
    "{{$l := list 1}}{{range until 100}}{{$l = list $l $l}}{{end}}{{toString $l}}",
    "{{$l := list 1}}{{range until 100}}{{$l = list $l $l}}{{end}}{{deepEqual $l $l}}",
    "{{$l := list 1}}{{range until 100}}{{$l = list $l $l}}{{end}}{{deepCopy $l | len}}",
    "{{$l := list 1}}{{range until 100}}{{$l = list $l $l}}{{end}}{{uniq $l}}",
    '{{$d := dict}}{{$_ := set $d "d" $d}}{{toJson $d}}',
    '{{$d := dict}}{{$_ := set $d "d" $d}}{{deepCopy $d | len}}',
    '{{$d := dict}}{{$_ := set $d "d" $d}}{{deepEqual $d $d}}',
    '{{$d := dict}}{{$_ := set $d "d" $d}}{{merge $d $d | len}}',
    "{{$f := 1e308}}{{range until 20000}}{{mulf 1e308 1e308 1e308 1e308}}{{end}}",
    '{{range until 20000}}{{regexMatch (print "[\\\\pL]{1000}" .) "a"}}{{end}}',
    '{{$t := repeat 30000 "ab"}}{{range until 9999}}{{regexMatch "((a|b)(a|b)?){500}c" $t}}{{end}}',
    '{{range until 20000}}{{semverCompare ">1 || >1 || >1 || >1 || >1 || >1" "0"}}{{end}}',
    '{{range until 20000}}{{sha512sum (repeat 50000 "a")}}{{end}}',
    '{{shuffle (repeat 1000000 "a")}}',
    '{{splitList "" (repeat 1000000 "a")}}',
    '{{splitList "a" (repeat 1000000 "a")}}',
    "{{$l := list 1}}{{range until 100}}{{$l = list $l $l}}{{end}}{{toPrettyJson $l}}",
    "{{$l := list 1}}{{range until 100}}{{$l = list $l $l}}{{end}}{{toDecimal $l}}",
    '{{fromJson (repeat 200000 "[")}}',
]


@pytest.mark.timeout(5)
@pytest.mark.parametrize("template", BOMBS)
def test_a_bomb_ends_early(render: Render, template: str) -> None:
    """The rendering fails by a limit, before the size it asked for is built."""
    with pytest.raises(gotemplate.ExecError, match=r"builds|takes more|nested"):
        render(template)


@pytest.mark.parametrize(
    "template",
    [
        '{{repeat 100 "a"}}',
        "{{until 100}}",
        "{{upper (print .text)}}",
        '{{indent 100 "a"}}',
        "{{b64enc (print .text)}}",
        "{{toJson .text}}",
        "{{list 1 2 3 4 5 6 7 8 9 10 11}}",
        '{{splitList "" "abcdefghijkl"}}',
        "{{quote .text}}",
        "{{randAlpha 50}}",
        '{{nindent 64 "a"}}',
    ],
)
def test_the_limits_of_the_run_hold(template: str) -> None:
    """Sixty-four characters and ten items: one more is refused before it is built."""
    limits = runs.Limits(text=64, items=10)
    with pytest.raises(gotemplate.ExecError, match="builds a"):
        gotemplate.parse(template).execute({"text": "x" * 65}, runs.Run(limits))


@pytest.mark.parametrize(
    "template",
    ['{{semver (repeat 2000 "1")}}', '{{semverCompare (repeat 2000 "1") "1"}}'],
)
def test_versions_are_short(render: Render, template: str) -> None:
    """A version or constraint of thousands of characters is none."""
    with pytest.raises(gotemplate.ExecError, match=r"Invalid|improper"):
        render(template)


@pytest.mark.parametrize(
    "template",
    [
        "{{first .sealed}}",
        '{{join "" .sealed}}',
        "{{toJson .sealed}}",
        "{{deepEqual .sealed .other}}",
        "{{has .sealed (list .other)}}",
        "{{slice .sealed 0 1}}",
        "{{upper .sealed}}",
        "{{urlJoin (dict `host` .sealed)}}",
        "{{last .sealed}}",
        "{{uniq .sealed}}",
        "{{sortAlpha .sealed}}",
    ],
)
def test_nobody_looks_into_what_is_sealed(template: str) -> None:
    """A sealed value has no parts, no equals and no JSON."""
    data = {"sealed": Sealed("<one>", "<1>"), "other": Sealed("<two>", "<2>")}
    with pytest.raises(gotemplate.ExecError):
        gotemplate.parse(template).execute(data, runs.Run())


def test_what_is_sealed_prints() -> None:
    """It prints as what stands for it, and is no number."""
    template = gotemplate.parse(
        "{{toString .s}} {{quote .s}} {{squote .s}} {{cat .s}} {{int .s}} {{float64 .s}} "
        "{{empty .s}} {{typeOf .s}} {{duration .s}} {{durationRound .s}}"
    )
    data = {"s": Sealed("7h", "<1>")}
    expected = "7h \"7h\" '<1>' <1> 0 0 false []uint8 0s 0s"
    assert template.execute(data, runs.Run()) == expected
