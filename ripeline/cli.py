"""The command `ripeline`. Django is set up only by the commands that need the database."""

from __future__ import annotations

import os
from importlib import import_module

import click

# Name -> where the command lives: a command's libraries are loaded only when it is asked for.
COMMANDS = {
    "demo": "ripeline.demo.commands:demo_command",
    "serve": "ripeline.serving:serve_command",
    "worker": "ripeline.serving:worker_command",
    "migrate": "ripeline.installing:migrate_command",
    "assets": "ripeline.web.vendor:assets_command",
    "doctor": "ripeline.installing:doctor_command",
    "user": "ripeline.people.commands:user_group",
    "key": "ripeline.capture.collector.commands:key_group",
    "arrivals": "ripeline.capture.digest.commands:arrivals_group",
    "import": "ripeline.gateway.commands:import_group",
    "history": "ripeline.timeline.history.commands:history_group",
    "playbook": "ripeline.playbooks.commands:playbook_group",
    "replay": "ripeline.replay.commands:replay_command",
    "compare": "ripeline.replay.compare_commands:compare_command",
    "explain": "ripeline.replay.commands:explain_command",
    "articles": "ripeline.demo.articles:articles_command",
}
# What databases say of rights and room, and not of a fault of ours.
REFUSALS = ("readonly", "permission denied", "must be owner", "is full", "disk I/O", "is locked")
WITHOUT_DATABASE = {"assets", "playbook", "replay", "compare", "explain"}


class Ripeline(click.Group):
    """The command group that loads each command when it is first named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of a newcomer's day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`, or None."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in WITHOUT_DATABASE:
            set_up_django()
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; what the database says in its own words is told as what to do."""
        try:
            return super().invoke(ctx)
        except Exception as trouble:
            if said := _about_database(trouble, ctx.invoked_subcommand):
                raise click.UsageError(said) from None
            raise


def _about_database(trouble: Exception, command: str | None) -> str:
    """What to do about a database that is not ready; empty where the trouble is something else."""
    from django.db.utils import DatabaseError

    if not isinstance(trouble, DatabaseError):
        return ""
    from ripeline.installing import pending_migrations

    try:
        pending = pending_migrations()
    except DatabaseError as out_of_reach:
        return f"The database cannot be reached: {_in_a_line(out_of_reach)}"
    if pending and command != "migrate":
        return f"{pending} migrations are not applied. Run `ripeline migrate`."
    if pending or any(word in str(trouble) for word in REFUSALS):
        return (
            f"The database refused: {_in_a_line(trouble)}. Ripeline works as the user to whom the database belongs: the"
            " owner of the SQLite file and its folder, or PostgreSQL's owner of the database."
        )
    return ""


def _in_a_line(trouble: Exception) -> str:
    return " ".join(str(trouble).split())


def set_up_django() -> None:
    """Makes models usable. Raises BadSettings (a SystemExit with sentences) where the environment is wrong."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ripeline.settings")
    django.setup()


@click.group(cls=Ripeline, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ripeline")
def main() -> None:
    """Ripeline: real leads in, explained stages out."""
