"""Putting a definition in force: asking, doing, telling."""
