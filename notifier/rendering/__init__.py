"""The killable child that compiles and renders templates of teams (spec/security.md 4.2).

`pool` is the parent's side and implements `ports.Renderer`, `process` one child as the parent has
it; `start` and `child` are the program that runs, `confinement` and `syscalls` what it gives up
before it reads the first byte, `frames` how the two talk. Nothing here decides what is rendered.
"""
