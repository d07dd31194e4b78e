"""What people do to Rollouts, one function each: it acts, waits for the state, and returns.

What must come of it is nowhere written here: the controller says what it did.
"""
