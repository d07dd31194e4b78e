"""Composition root: the only place that knows every adapter.

`compiling` gives what needs the files of the package, `daemon` puts one daemon together, `running`
is `notifier run`, `replaying` plays recordings through it. The order of start and end:

start   ports open → store opened and checked → configuration read → list → plan against what
        was stored → ready                                      (spec/reliability.md 5.5)
end     SIGTERM: not ready → stop claiming and watching → attempts in flight end → store closed
        → exit 0; a second signal exits at once                 (spec/reliability.md 5.4)
"""
