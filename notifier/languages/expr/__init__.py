"""expr-lang: conditions written for Argo Rollouts evaluate unchanged."""
