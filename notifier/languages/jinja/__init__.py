"""The sandboxed Jinja2 environment."""
