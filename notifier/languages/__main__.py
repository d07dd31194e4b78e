"""Run texts from standard input: the entry point of the conformance suites (design.md 6).

Reads JSON lines `{"id","lang","text","data"}`, `lang` one of `gotmpl`, `expr`, `jinja`; writes for
each `{"id","class","out"}`, `class` one of `ok`, `parse`, `exec`. All numbers in the data are
floats; `{"$go": "time"}` and `{"$go": "secrets"}` stand for what JSON cannot hold.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, Final

from notifier.languages import conformance

RUNNERS: Final[dict[str, Callable[[str, Any], conformance.Answer]]] = {
    "gotmpl": conformance.run_gotemplate,
    "expr": conformance.run_expr,
    "jinja": conformance.run_jinja,
}


def main() -> int:
    """Answer each line as it comes; 1 if a line was no request."""
    failed = 0
    for line in sys.stdin:
        try:
            case = json.loads(line)
            answer = RUNNERS[case["lang"]](case["text"], conformance.revive(case["data"]))
        except (ValueError, KeyError, TypeError) as error:
            sys.stderr.write(
                f"not a request ({type(error).__name__}: {error}): {line.strip()[:200]}\n"
            )
            failed = 1
            continue
        sys.stdout.write(json.dumps({"id": case.get("id"), **answer}, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return failed


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogatepass")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(main())
