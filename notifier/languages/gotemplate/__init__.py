"""Go text/template with Sprig: templates written for Argo Rollouts render unchanged."""
