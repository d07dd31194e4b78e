"""Feed one language with texts that coverage guides, until the time is over or something breaks.

Breaks are: an exception outside the error tree, a text that takes longer than five
seconds, more than 2 GB of memory, data that changed. Ends with the fuzzer's exit code; the input
that broke it is printed and kept beside the seeds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import atheris

with atheris.instrument_imports(include=["notifier.languages"]):
    from notifier.languages import conformance
    from notifier.languages.expr.builtins import registry as builtins
    from notifier.languages.gotemplate import registry

SEEDS: Final[dict[str, Sequence[str]]] = {
    "gotmpl": (
        "{{if .d.a}}{{range $i, $v := .l}}{{$i}}{{$v | printf `%v`}}{{end}}{{else}}x{{end}}",
        '{{define "t"}}{{.}}{{end}}{{template "t" .d.a}}{{with $x := 1}}{{$x}}{{end}}',
        "{{- index .d `a` `b` -}}{{len .l}}{{eq 1.0 (index .l 0)}}{{.s | trunc -2 | quote}}",
        '{{regexReplaceAll "a(b)" .s "${1}x"}}{{dict "a" 1 | toJson}}{{now | date "2006"}}',
        "{{(call .time.Parse `2024-01-02T03:04:05Z`).Format `15:04`}}{{and .n (or .d .l)}}",
    ),
    "expr": (
        "d.a?.b == 'c' and n > 2 or not (s in ['x', 'y'])",
        "any(l, {# > 1}) ? map(l, # * 2)[0] : len(s) ** 2",
        "let x = filter(1..9, # % 2 == 0); sum(x) | string()",
        "time.Now().Sub(time.Parse('2024-01-02T03:04:05Z')).Minutes() >= 5",
        "s matches 'a+' ?? groupBy(l, #)[1] ?? {'a': [1.5, nil, true]}['a'][1:]",
    ),
    "jinja": (
        "{% for i in l %}{{ loop.index }}{{ i * 2 }}{% else %}-{% endfor %}",
        "{% set x = d.a.b | upper %}{{ x ~ s | truncate(3) }}{{ n + 1 if n > 2 else 'x' }}",
    ),
}
RUN: Final[dict[str, Callable[[str, Any], conformance.Answer]]] = {
    "gotmpl": conformance.run_gotemplate,
    "expr": conformance.run_expr,
    "jinja": conformance.run_jinja,
}
DATA: Final = conformance.revive(
    {
        "d": {"a": {"b": "c"}, "n": None},
        "l": [1, 2, 3],
        "s": "aab\N{SNOWMAN}",
        "n": 3,
        "time": {"$go": "time"},
        "secrets": {"$go": "secrets", "values": {"k": "v"}},
    }
)


def main() -> None:
    """Fuzz, and end as the fuzzer ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("language", choices=sorted(RUN))
    parser.add_argument("seconds", type=int, nargs="?", default=60)
    given = parser.parse_args()
    run = RUN[given.language]
    before = repr(DATA)

    def once(data: bytes) -> None:
        text = atheris.FuzzedDataProvider(data).ConsumeUnicodeNoSurrogates(4_096)
        run(text, DATA)
        if repr(DATA) != before:
            raise AssertionError("the data was changed")

    with tempfile.TemporaryDirectory(prefix="fuzzing") as place:
        folder = Path(place)
        seeds = folder / "seeds"
        seeds.mkdir()
        for at, seed in enumerate(SEEDS[given.language]):
            # The first byte tells the provider that ASCII follows.
            (seeds / str(at)).write_bytes(b"\x01" + seed.encode())
        words = folder / "words"
        words.write_text("".join(f'"{word}"\n' for word in _words(given.language)))
        line = [
            sys.argv[0],
            f"-max_total_time={given.seconds}",
            "-timeout=5",
            "-rss_limit_mb=2048",
            "-max_len=4096",
            f"-dict={words}",
            f"-artifact_prefix={place}/",
            str(seeds),
        ]
        atheris.Setup(line, once)
        atheris.Fuzz()


def _words(language: str) -> Sequence[str]:
    """Return what the language calls things: the fuzzer puts them together."""
    if language == "gotmpl":
        keywords = ["{{", "}}", "{{-", "-}}", "if ", "else", "end", "range ", "with ", "define "]
        return [*keywords, "template ", "block ", "break", "continue", ":=", "$x", *registry.ALL]
    if language == "expr":
        return [
            "not in",
            "??",
            "?.",
            "..",
            "let ",
            "|",
            "{#",
            "#acc",
            "matches",
            *builtins.FUNCTIONS,
        ]
    return ["{{", "}}", "{%", "%}", "for ", "endfor", "if ", "endif", "set ", "|", "loop.index"]


if __name__ == "__main__":
    main()
