"""Delivery services: one module each, one registry line each."""
