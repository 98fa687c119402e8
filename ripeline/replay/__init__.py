"""Replay: a playbook folded over files of touches, without a database and without side effects.

`run` holds the two functions others call; `commands` is their face on the command line.
"""
