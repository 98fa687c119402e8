"""The number that a failure has on the page and in the log. Imported by the settings: nothing heavy here."""

from __future__ import annotations

import logging
import secrets

from django.http import HttpRequest


def error_number(request: HttpRequest) -> str:
    """What names the failure of this request: eight characters, the same for its whole length."""
    number = getattr(request, "error_number", "")
    if not number:
        number = secrets.token_hex(4)
        request.error_number = number  # type: ignore[attr-defined]
    return str(number)


class ErrorNumbers(logging.Filter):
    """Puts the number of a failure into its line in the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a line."""
        number = getattr(getattr(record, "request", None), "error_number", "")
        record.number = f" (error {number})" if number else ""
        return True
