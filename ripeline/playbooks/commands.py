"""`ripeline playbook`: look a definition over, and put it in force."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ripeline.replay.commands import playbook_group


@playbook_group.command("use")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--note", default="", help="Why, for those who read the playbook's history.")
def use_command(file: Path, note: str) -> None:
    """Put a playbook in force: FILE, or the name of a shipped one, such as `default` or `pointed`.

    Everybody is reassessed under it by the worker.
    """
    import django

    # Only here: looking a playbook over needs no database.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ripeline.settings")
    django.setup()
    from django.utils import timezone

    from ripeline.lifecycle.playbook import PlaybookMistakes
    from ripeline.timeline.definitions.active import activate

    try:
        playbook = activate(_text_of(file), now=timezone.now(), note=note)
    except UnicodeDecodeError:
        raise click.UsageError(f"{file} is not UTF-8 text.") from None
    except PlaybookMistakes as wrong:
        for mistake in wrong.mistakes:
            click.echo(f"{file}:{mistake.line}: {mistake.path}: {mistake.message}", err=True)
        raise SystemExit(2) from None
    click.echo(
        f"{playbook.title} ({playbook.version[:8]}) is in force; the worker reassesses everybody under it."
    )


def _text_of(file: Path) -> str:
    from ripeline.playbooks.shipped import shipped_keys, shipped_playbook

    if file.is_file():
        return file.read_text(encoding="utf-8")
    if str(file) in shipped_keys():
        return shipped_playbook(str(file))
    raise click.UsageError(
        f"{file} is no file, and none of the shipped playbooks: {', '.join(shipped_keys())}."
    )
