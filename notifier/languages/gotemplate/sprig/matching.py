"""Sprig's regular expressions (trap 25): RE2, so they take linear time.

A malformed pattern makes `regexMatch` false and every other function fail; the `must…` names
differ from the plain ones in that one case only.
"""

from __future__ import annotations

from notifier.languages.golang import patterns, runs
from notifier.languages.golang.values import Strings
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig.forgiving import otherwise


@register(
    "string, string -> bool", '{{regexMatch "^v[0-9]+" "v19"}}', "true", "regexMatch", metered=True
)
def regex_match(run: runs.Run, pattern: str, text: str) -> bool:
    """Tell whether the pattern matches somewhere in the text; a malformed one does not."""
    found = otherwise(None, patterns.compiled, pattern, run)
    return found is not None and found.matches(text, run)


@register(
    "string, string -> bool",
    '{{mustRegexMatch "^v[0-9]+" "v19"}}',
    "true",
    "mustRegexMatch",
    metered=True,
)
def must_regex_match(run: runs.Run, pattern: str, text: str) -> bool:
    """Tell whether the pattern matches somewhere in the text. Fails on a malformed one."""
    return patterns.compiled(pattern, run).matches(text, run)


@register(
    "string, string -> string",
    '{{regexFind "[0-9]+" "v19 v20"}}',
    "19",
    "regexFind",
    "mustRegexFind",
    metered=True,
)
def regex_find(run: runs.Run, pattern: str, text: str) -> str:
    """Return the first match of the pattern, an empty text if there is none."""
    return patterns.compiled(pattern, run).find(run, text)


@register(
    "string, string, int -> list",
    '{{regexFindAll "[0-9]+" "v19 v20" -1}}',
    "[19 20]",
    "regexFindAll",
    "mustRegexFindAll",
    metered=True,
)
def regex_find_all(run: runs.Run, pattern: str, text: str, count: int) -> Strings:
    """Return the first so many matches of the pattern, all for a negative count."""
    return patterns.compiled(pattern, run).find_all(run, text, count)


@register(
    "string, string, string -> string",
    '{{regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W"}}',
    "-W-xxW-",
    "regexReplaceAll",
    "mustRegexReplaceAll",
    metered=True,
)
def regex_replace_all(run: runs.Run, pattern: str, text: str, replacement: str) -> str:
    """Return the text with all matches replaced; `$1` or `${1}` stands for what a group matched."""
    return patterns.compiled(pattern, run).replace(run, text, replacement)


@register(
    "string, string, string -> string",
    '{{regexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "${1}"}}',
    "-${1}-${1}-",
    "regexReplaceAllLiteral",
    "mustRegexReplaceAllLiteral",
    metered=True,
)
def regex_replace_all_literal(run: runs.Run, pattern: str, text: str, replacement: str) -> str:
    """Return the text with all matches replaced by a text as it is."""
    return patterns.compiled(pattern, run).replace_literal(run, text, replacement)


@register(
    "string, string, int -> list",
    '{{regexSplit "-+" "a--b-c" -1}}',
    "[a b c]",
    "regexSplit",
    "mustRegexSplit",
    metered=True,
)
def regex_split(run: runs.Run, pattern: str, text: str, count: int) -> Strings:
    """Return the parts between matches of the pattern, at most so many if the count is not
    negative."""
    return patterns.compiled(pattern, run).split(run, text, count)


@register(
    "string -> string",
    '{{regexQuoteMeta "1.2+3"}}',
    "1\\.2\\+3",
    "regexQuoteMeta",
    metered=True,
)
def regex_quote_meta(run: runs.Run, text: str) -> str:
    """Return a pattern that matches exactly the text."""
    run.text(2 * len(text))
    return patterns.quote_meta(text)
