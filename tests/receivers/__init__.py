"""Receivers that write a ledger with fsync before they answer, and can misbehave on order.

They import nothing of the test runner, so benchmarks and kill tests run them as processes:
`python -m tests.receivers --port 0 --ledger FILE`.
"""
