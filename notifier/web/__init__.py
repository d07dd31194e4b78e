"""HTTP: health, readiness, metrics, admin API."""
