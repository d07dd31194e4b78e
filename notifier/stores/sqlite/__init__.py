"""The embedded store: SQLite in WAL mode, one connection, one writer thread."""
