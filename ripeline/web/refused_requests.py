"""Requests that were refused. Imported by the settings: nothing heavy here."""

from __future__ import annotations

import logging

OURS = 500
"""From this status on the fault is ours, and the log is to say where."""


class RefusedRequests(logging.Filter):
    """Says in a line what Django says with a traceback where somebody may not do what they asked for: that is no fault
    of the program, and happens every day."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a line."""
        if getattr(record, "status_code", OURS) < OURS:
            record.exc_info = record.exc_text = None
        return True
