"""The render child and its parent."""
