"""Sprig text functions, by family; importing this registers them all."""
