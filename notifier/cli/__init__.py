"""The command line: one module per command; parses, calls the same code as the daemon, prints."""
