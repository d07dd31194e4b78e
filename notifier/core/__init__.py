"""Every decision the daemon makes, pure: no asyncio, I/O, clock or randomness."""
