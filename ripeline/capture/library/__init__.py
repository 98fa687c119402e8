"""The content library: what there is to read and watch, for whom and for which stage, and what it brings."""
