"""From the parsed text of one ConfigMap key to what it configures, fault by fault.

One module per kind of key. Nothing here raises for a fault of the user's: it is reported, and the
key yields nothing.
"""
