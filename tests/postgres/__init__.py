"""A real PostgreSQL server for tests, benchmarks and trials: throw-away, on loopback.

Imports no test framework and nothing of `notifier`. Where no server is installed `missing()` says
so; `CI` in the environment makes that a failure instead of a skip.
"""

from tests.postgres.pooler import Pooler
from tests.postgres.server import Server, missing, shared

__all__ = ["Pooler", "Server", "missing", "shared"]
