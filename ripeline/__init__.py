"""Ripeline: a self-hosted lead-lifecycle platform."""
