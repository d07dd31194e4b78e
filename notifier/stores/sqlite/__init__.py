"""The embedded store: one SQLite file, one connection, one thread (spec/reliability.md 3.2).

What it is not: a database that other processes may open. The command line asks the daemon.
"""
