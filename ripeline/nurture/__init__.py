"""The right content at the right stage, never too often, never twice, and it stops when somebody answers."""
