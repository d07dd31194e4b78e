"""Sprig's functions on letters and words: capitals, camel case, initials.

Case styles are those of xstrings 1.5 (trap 32). Some originals look at bytes instead of
characters, which mangles whatever is not ASCII; so do these.
"""

from __future__ import annotations

from notifier.languages.golang import bytetexts, letters, runs
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import words


@register("string -> string", '{{"v1 ok" | upper}}', "V1 OK", metered=True)
def upper(run: runs.Run, text: str) -> str:
    """Return the text in capitals."""
    run.text(len(text))
    return letters.to_upper(text)


@register("string -> string", '{{"Failed" | lower}}', "failed", metered=True)
def lower(run: runs.Run, text: str) -> str:
    """Return the text in small letters."""
    run.text(len(text))
    return letters.to_lower(text)


@register("string -> string", '{{"blue green" | title}}', "Blue Green", metered=True)
def title(run: runs.Run, text: str) -> str:
    """Return the text with a capital at the beginning of every word."""
    run.text(len(text))
    before = " " + text[:-1] if text else ""
    return "".join(
        letters.title(letter) if _separates(previous) else letter
        for previous, letter in zip(before, text, strict=True)
    )


def _separates(letter: str) -> bool:
    """Tell whether a word may begin after a character; ASCII signs separate, others do not."""
    if letter.isascii():
        return not (letter.isalnum() or letter == "_")
    return letters.is_space(letter)


@register("string -> string", '{{"Blue Green" | untitle}}', "blue green", metered=True)
def untitle(run: runs.Run, text: str) -> str:
    """Return the text with a small letter at the beginning of every word."""
    run.text(len(text))
    before = " " + text[:-1] if text else ""
    return "".join(
        letters.lower(letter) if letters.is_space(previous) else letter
        for previous, letter in zip(before, text, strict=True)
    )


@register("string -> string", '{{"This Is" | swapcase}}', "tHIS iS", metered=True)
def swapcase(run: runs.Run, text: str) -> str:
    """Return the text with capitals and small letters exchanged; a word does not begin in capitals
    but in title case."""
    run.text(len(text))
    out = []
    begins = True
    for letter in text:
        if letters.is_upper(letter) or letters.is_title(letter):
            out.append(letters.lower(letter))
            begins = False
        elif letters.is_lower(letter):
            out.append(letters.title(letter) if begins else letters.upper(letter))
            begins = False
        else:
            out.append(letter)
            begins = letters.is_space(letter)
    return "".join(out)


@register("string -> string", '{{"a b  c" | nospace}}', "abc", metered=True)
def nospace(run: runs.Run, text: str) -> str:
    """Return the text without any white space."""
    run.text(len(text))
    single = _bytes_as_letters(text)
    kept = "".join(letter for letter in single if not letters.is_space(letter))
    return text if len(kept) == len(single) else kept


@register("string -> string", '{{"First Try" | initials}}', "FT", metered=True)
def initials(run: runs.Run, text: str) -> str:
    """Return the first letter of every word."""
    run.text(len(text))
    single = _bytes_as_letters(text)
    return "".join(
        letter
        for previous, letter in zip(" " + single, single, strict=False)
        if letters.is_space(previous) and not letters.is_space(letter)
    )


def _bytes_as_letters(text: str) -> str:
    """Return a text with each byte taken for a character of Latin-1."""
    return text if text.isascii() else bytetexts.encode(text).decode("latin-1")


@register(
    "string -> string", '{{"on-rollout-completed" | camelcase}}', "OnRolloutCompleted", metered=True
)
def camelcase(run: runs.Run, text: str) -> str:
    """Return the words of the text joined, each with a capital first."""
    run.text(len(text))
    run.step(len(text))  # every character is looked at by itself
    return words.pascal(text)


@register("string -> string", '{{"HTTPServer2x" | snakecase}}', "http_server_2x", metered=True)
def snakecase(run: runs.Run, text: str) -> str:
    """Return the words of the text in small letters with underscores between."""
    run.text(2 * len(text))
    run.step(len(text))  # every character is looked at by itself
    return words.separated(text, "_")


@register("string -> string", '{{"HTTPServer" | kebabcase}}', "http-server", metered=True)
def kebabcase(run: runs.Run, text: str) -> str:
    """Return the words of the text in small letters with hyphens between."""
    run.text(2 * len(text))
    run.step(len(text))  # every character is looked at by itself
    return words.separated(text, "-")
