"""The killable child that renders templates of tenants (not built yet)."""
