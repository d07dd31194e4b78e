"""Regular expressions match, replace and split as Go's do; expected values are Go's own."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import patterns, runs
from notifier.languages.golang.values import GoError, NilStrings


@pytest.mark.parametrize(
    ("pattern", "subject", "found"),
    [
        ("a+", "baaab", ["aaa"]),
        ("a|ab", "ab", ["a"]),
        ("a*", "baab", ["", "aa", ""]),
        ("", "é日", ["", "", ""]),
        ("\\w+", "aé b1", ["a", "b1"]),
        ("(?i)É", "éÉ", ["é", "É"]),
        ("(?P<n>b)|(?<m>c)", "abc", ["b", "c"]),
        ("^a|a$", "aba", ["a", "a"]),
        ("a$", "a\n", []),
        ("(?m)^.$", "a\nb", ["a", "b"]),
        (".", "\n", []),
        ("\\B", "xAé\n", ["", "", ""]),
        ("\\QC\\C\\E", "C\\C", ["C\\C"]),
        ("x", "", []),
    ],
)
def test_find_all(pattern: str, subject: str, found: list[str]) -> None:
    """Leftmost-first over characters; an empty match right behind another one is none."""
    compiled, run = patterns.compiled(pattern), runs.Run()
    assert list(compiled.find_all(run, subject)) == found
    assert compiled.find(run, subject) == (found[0] if found else "")
    assert compiled.matches(subject) is bool(found)
    assert compiled.matches(subject.encode(), run) is bool(found)


@pytest.mark.parametrize(
    ("count", "found"), [(-1, ["a", "a", "a"]), (0, []), (1, ["a"]), (2, ["a", "a"])]
)
def test_find_all_counts(count: int, found: list[str]) -> None:
    """So many at the most; none is a nil list."""
    result = patterns.compiled("a").find_all(runs.Run(), "abaca", count)
    assert list(result) == found
    assert isinstance(result, NilStrings) is not found


@pytest.mark.parametrize(
    ("pattern", "subject", "count", "pieces"),
    [
        (",", "a,b,c", -1, ["a", "b", "c"]),
        (",", "a,b,c", 2, ["a", "b,c"]),
        (",", "a,b,c", 1, ["a,b,c"]),
        (",", "a,b,c", 0, []),
        (",", "", -1, [""]),
        ("", "", -1, []),
        ("", "aé日", -1, ["a", "é", "日"]),
        ("a*", "baab", -1, ["b", "b"]),
        (",", ",a,", -1, ["", "a", ""]),
    ],
)
def test_split(pattern: str, subject: str, count: int, pieces: list[str]) -> None:
    """The texts between matches; the last piece is the rest."""
    assert list(patterns.compiled(pattern).split(runs.Run(), subject, count)) == pieces


@pytest.mark.parametrize(
    ("pattern", "subject", "template", "text"),
    [
        ("a(x*)b", "-ab-axxb-", "T", "-T-T-"),
        ("a(x*)b", "-ab-axxb-", "$1", "--xx-"),
        ("a(x*)b", "-ab-axxb-", "$1W", "---"),
        ("a(x*)b", "-ab-axxb-", "${1}W", "-W-xxW-"),
        ("(?P<n>a)", "aab", "<$n>", "<a><a>b"),
        ("(a)", "a", "$0$00$2$n$$", "a$"),
        ("(a)", "a", "${1$ ${} $", "${1$ ${} $"),
        ("(a)|(b)", "ab", "[$2]", "[][b]"),
        ("", "é日", "-", "-é-日-"),
        ("a*", "baab", "-", "-b-b-"),
        ("é", "aéb", "日", "a日b"),
    ],
)
def test_replace(pattern: str, subject: str, template: str, text: str) -> None:
    """Groups by number and by name; a name takes all letters and digits that follow."""
    assert patterns.compiled(pattern).replace(runs.Run(), subject, template) == text


def test_replace_literal() -> None:
    """Dollar signs are nothing special."""
    assert patterns.compiled("a").replace_literal(runs.Run(), "aba", "$1") == "$1b$1"


def test_invalid_bytes_stay_as_they_are() -> None:
    """They pass through replacements, and break no character apart."""
    compiled = patterns.compiled("b")
    subject = "\udcffb\udce6\udc97b"
    assert compiled.replace(runs.Run(), subject, "-") == "\udcff-\udce6\udc97-"
    assert patterns.compiled("").replace(runs.Run(), "\udce6a\udcff", ".") == ".\udce6.a.\udcff."


@pytest.mark.parametrize(
    "pattern",
    ["(", "a**", "[z-a]", "(?=a)", "\\1", "\\C", "\\Z", "(?P<é>a)", "(?P<n", "a{1001}", "x" * 513],
)
def test_compile_refuses(pattern: str) -> None:
    """What Go does not take, or what is too long, is an error of regexp."""
    for _ in range(2):  # the second time from the cache
        with pytest.raises(GoError, match=r"^error parsing regexp: "):
            patterns.compiled(pattern, runs.Run())


def test_large_patterns_are_refused_and_charged() -> None:
    """Short patterns may be large programs."""
    run = runs.Run()
    with pytest.raises(GoError, match="too large"):
        patterns.compiled("((\\pL{100}){10})", run)
    assert run.steps < run.limits.steps - 1000


def test_long_subjects_are_refused() -> None:
    """The limit is said in the error."""
    with pytest.raises(GoError, match="more than 65536 bytes"):
        patterns.compiled("a").matches("é" * 40_000)


def test_searching_is_charged() -> None:
    """A pattern that looks to the end at each place costs what it takes."""
    subject = "ab" * 32_000
    compiled = patterns.compiled("a.*z|b", runs.Run())
    with pytest.raises(runs.Exceeded, match="steps"):
        compiled.find_all(runs.Run(), subject)


def test_replacing_is_charged() -> None:
    """What is put in counts as built."""
    with pytest.raises(runs.Exceeded, match="builds more"):
        patterns.compiled("a").replace(runs.Run(), "a" * 1000, "x" * 10_000)


@given(st.text())
def test_quoted_meta_characters_match_themselves(text: str) -> None:
    """Whatever the text is made of."""
    quoted = patterns.quote_meta(text)
    if len(quoted.encode()) <= patterns.LONGEST_PATTERN:
        assert patterns.compiled(quoted).find(runs.Run(), f"<{text}>") == text
    assert (
        re.sub(r"\\(.)", r"\1", patterns.quote_meta(text), flags=re.DOTALL)
        in (
            text,
            text.replace("\\", ""),
        )
        or "\\" in text
    )
