"""HTTP endpoints: health, readiness and metrics for everyone; the ledger on loopback only."""
