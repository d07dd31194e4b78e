"""The operator `matches`: RE2 patterns, of which the literal ones are compiled with the text."""

from __future__ import annotations

import functools
import re2
from notifier.languages.golang.values import GoError
from notifier.languages.golang import bytetexts

class P:
    def __init__(self, t):
        o = re2.Options(); o.log_errors=False
        try: self.r = re2.compile(t, o)
        except re2.error as e: raise GoError(f"error parsing regexp: {e}")
    def matches(self, v):
        return self.r.search(v if isinstance(v, bytes) else bytetexts.encode(v)) is not None
Pattern=P
@functools.lru_cache(100)
def compiled(t):
    return P(bytetexts.encode(t))
