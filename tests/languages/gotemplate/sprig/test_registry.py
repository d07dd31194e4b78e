"""Sprig's names are all there, and each says and shows what it does."""

from __future__ import annotations

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs
from notifier.languages.gotemplate import registry, sprig

FUNCTIONS = [
    pytest.param(function, id=name)
    for name, function in sorted(registry.ALL.items())
    if function.call.__module__.startswith(sprig.__name__)
]

NAMES = """
abbrev abbrevboth add add1 add1f addf adler32sum ago all any append atoi b32dec b32enc b64dec b64enc
base biggest camelcase cat ceil chunk clean coalesce compact concat contains date dateInZone
dateModify date_in_zone date_modify deepCopy deepEqual default dict dig dir div divf duration
durationRound empty ext fail first float64 floor fromJson get has hasKey hasPrefix hasSuffix hello
htmlDate htmlDateInZone indent initial initials int int64 isAbs join kebabcase keys kindIs kindOf
last list lower max maxf merge mergeOverwrite min minf mod mul mulf mustAppend mustChunk mustCompact
mustDateModify mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge
mustMergeOverwrite mustPrepend mustPush mustRegexFind mustRegexFindAll mustRegexMatch
mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice
mustToDate mustToJson mustToPrettyJson mustToRawJson mustUniq mustWithout must_date_modify nindent
nospace now omit osBase osClean osDir osExt osIsAbs pick pluck plural prepend push quote randAlpha
randAlphaNum randAscii randBytes randInt randNumeric regexFind regexFindAll regexMatch
regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace rest reverse round
semver semverCompare seq set sha1sum sha256sum sha512sum shuffle slice snakecase sortAlpha split
splitList splitn squote sub subf substr swapcase ternary title toDate toDecimal toJson toPrettyJson
toRawJson toString toStrings trim trimAll trimPrefix trimSuffix trimall trunc tuple typeIs
typeIsLike typeOf uniq unixEpoch unset until untilStep untitle upper urlJoin urlParse uuidv4 values
without wrap wrapWith
"""
"""Sprig 3.3's text map without `env`, `expandenv` and the refused ones."""


def test_every_name_is_there() -> None:
    """Sprig's names are registered, and no others."""
    assert sorted(each.values[0].name for each in FUNCTIONS) == NAMES.split()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_example_is_true(function: registry.Function) -> None:
    """The example renders to what it claims, and names the function or what it is an alias of."""
    template = gotemplate.parse(function.example)
    assert template.execute(dict(function.data), runs.Run()) == function.output


@pytest.mark.parametrize("function", FUNCTIONS)
def test_there_is_a_docstring(function: registry.Function) -> None:
    """A sentence says what it does."""
    assert function.doc.endswith(".")
    assert function.doc[0].isupper()


@pytest.mark.parametrize("name", sorted(registry.REFUSED))
def test_what_costs_or_blocks_is_refused(name: str) -> None:
    """A template that names an expensive function is refused when it is loaded."""
    with pytest.raises(gotemplate.ParseError, match=name):
        gotemplate.parse(f'{{{{{name} "a"}}}}')


@pytest.mark.parametrize("name", ["env", "expandenv"])
def test_the_environment_does_not_exist(name: str) -> None:
    """No template reads the environment of the process."""
    with pytest.raises(gotemplate.ParseError, match="not defined"):
        gotemplate.parse(f'{{{{{name} "HOME"}}}}')
