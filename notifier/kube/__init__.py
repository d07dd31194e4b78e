"""The API server: client, reflector, recordings. Reading only: nothing here writes an object.

The only room that imports `kubernetes_asyncio`, for configuration and authentication alone; the
list and watch loop is ours (spec/reliability.md 4.2 says why). From the outside in:
`reflector` implements `ports.Cluster`; `following` lists and watches one resource for ever;
`streaming` and `listing` are one list, as a stream or in pages; `replica` is the pure memory of it;
`client` speaks HTTP, `credentials` reads who we are, `faults` maps what went wrong.
`recording` implements `ports.Cluster` over the files that `streams` reads, without any server.
"""
