"""`ripeline playbook`: look a definition over, and put it in force."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ripeline.replay.commands import playbook_group


@playbook_group.command("use")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--note", default="", help="Why, for those who read the playbook's history.")
def use_command(file: Path, note: str) -> None:
    """Put the playbook in FILE in force; everybody is reassessed under it by the worker."""
    import django

    # Only here: looking a playbook over needs no database.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ripeline.settings")
    django.setup()
    from django.utils import timezone

    from ripeline.lifecycle.playbook import PlaybookMistakes
    from ripeline.timeline.active import activate

    try:
        playbook = activate(file.read_text(encoding="utf-8"), now=timezone.now(), note=note)
    except UnicodeDecodeError:
        raise click.UsageError(f"{file} is not UTF-8 text.") from None
    except PlaybookMistakes as wrong:
        for mistake in wrong.mistakes:
            click.echo(f"{file}:{mistake.line}: {mistake.path}: {mistake.message}", err=True)
        raise SystemExit(2) from None
    click.echo(
        f"{playbook.title} ({playbook.version[:8]}) is in force; the worker reassesses everybody under it."
    )
