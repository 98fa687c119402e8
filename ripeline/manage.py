"""`python -m ripeline.manage`: Django's own management commands, for those who carry the code on."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run a Django management command under Ripeline's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ripeline.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
