"""The API server: client, reflector, recordings."""
