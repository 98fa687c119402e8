"""The history parts: the log as columns, kept up to date for replays."""
