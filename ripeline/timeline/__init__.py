"""The touch log and what follows from it: `record` is the one door, `reassess` the one writer."""
