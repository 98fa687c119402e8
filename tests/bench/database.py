"""The database a benchmark runs on: that of its process's environment."""

from __future__ import annotations

import os


def set_up() -> None:
    """Makes the models usable."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ripeline.settings")
    django.setup()
