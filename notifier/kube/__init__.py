"""The API server: client, reflector, recordings. Reading only: nothing here writes an object.

The only room that imports `kubernetes_asyncio`, for configuration and authentication alone; the
list and watch loop is ours (spec/reliability.md 4.2 says why). From the outside in:
`reflector` implements `ports.Cluster`; `following` lists and watches one resource for ever;
`listing` and `watching` are one list and one HTTP watch; `replica` is the pure memory between them;
`client` speaks HTTP, `credentials` reads who we are, `faults` maps what went wrong.
`recording` implements `ports.Cluster` over the files that `streams` reads, without any server.

Left out on purpose: streaming lists (W5, W10). They need a recent etcd, and older servers answer
with an error; LIST in pages, then WATCH works everywhere (spec/transitions.md 10).
"""
