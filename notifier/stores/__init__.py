"""Outbox and ledger: one package each, one registry line each."""
