"""The shared store: one PostgreSQL database for several replicas (spec/reliability.md 3.3).

Nothing here keeps state in a session: no prepared statements, no session locks, no settings beyond
a transaction, so that a transaction pooler may stand in between.
"""
