"""The whole daemon as a process, between an API server emulator and receivers with a ledger."""
