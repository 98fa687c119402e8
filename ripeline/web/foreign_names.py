"""Requests for a site by a name that is not ours. Imported by the settings: nothing heavy here."""

from __future__ import annotations

import logging

SAID = (
    "Somebody asked for a site called %r. If that is this one, set RIPELINE_BASE_URL, or add the name to"
    " RIPELINE_ALLOWED_HOSTS."
)
LONGEST = 100


class ForeignNames(logging.Filter):
    """Says in a line, and with the names of our settings, what Django says with a traceback: whoever tries out
    addresses on the net would fill the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a line."""
        request = getattr(record, "request", None)
        name = str(request.META.get("HTTP_HOST", "")) if request else ""
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args = SAID, (name[:LONGEST],)
        record.exc_info = record.exc_text = None
        return True
