"""The killable child that compiles and renders templates of teams (spec/security.md 4.2).

`pool` is the parent's side and implements `ports.Renderer`; `child` is the program that runs,
`confinement` what it gives up before it reads the first byte, `frames` how the two talk. Nothing
here decides what is rendered.
"""
