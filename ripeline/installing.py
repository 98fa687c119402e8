"""`ripeline migrate` and `ripeline doctor`: bring the database up to date, and say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from ripeline.capture.collector.networks import BadNetworks, read_networks
from ripeline.contacts.lists.search import search_ready
from ripeline.contacts.lists.search_tables import make_search
from ripeline.lifecycle.playbook import PlaybookMistakes
from ripeline.people.models import User
from ripeline.playbooks.shipped import shipped_playbook
from ripeline.timeline.definitions.active import activate
from ripeline.timeline.definitions.versions import is_named_otherwise
from ripeline.timeline.history.triggers import make_triggers, triggers_ready
from ripeline.timeline.models import PlaybookVersion


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database up to date, and install the default playbook where there is none."""
    migrate()
    click.echo("The database is up to date.")
    if not (playbook := _playbook()).well:
        click.echo(playbook.what)


@click.command("doctor")
def doctor_command() -> None:
    """Look at the installation and say what is wrong and what to do. Exit 1 if anything is."""
    findings = list(examine())
    for finding in findings:
        click.echo(f"{'ok     ' if finding.well else 'WRONG  '} {finding.what}")
    if not all(finding.well for finding in findings):
        raise SystemExit(1)


def migrate() -> None:
    """Applies migrations; makes what stands beside the tables; activates the shipped default playbook on a database
    without any."""
    call_command("migrate", verbosity=0)
    complete_database()
    if not PlaybookVersion.objects.filter(is_active=True).exists():
        activate(shipped_playbook("default"), now=timezone.now(), note="Installed with Ripeline.")


def complete_database() -> None:
    """Makes the search and the triggers anew where they are not there: they are derived, so no migration holds them."""
    if search_ready() is not None:
        with transaction.atomic():
            make_search(connection)
    if not triggers_ready(connection):
        make_triggers(connection)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, the sentence to read, and whether the site may run where it is not."""

    well: bool
    what: str
    is_bearable: bool = False


def examine() -> Iterator[Finding]:
    """Looks at settings, database, migrations, playbook, front-end files and accounts, in that order."""
    yield Finding(True, f"The settings can be read; data is kept in {settings.CONFIG.data_dir.absolute()}.")
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        said = " ".join(str(error).split()).rstrip(".?!")
        yield Finding(False, f"The database does not answer: {said}. Check RIPELINE_DATABASE_URL.")
        return
    yield Finding(True, f"The database answers ({connection.vendor}).")
    if wrong := not_of_this_release():
        yield Finding(False, wrong)
        return
    for look in LOOKS:
        yield look()


def not_of_this_release() -> str:
    """What is to be done before this release may use this database; empty where nothing is."""
    if pending := pending_migrations():
        return f"{pending} migrations are not applied. Run `ripeline migrate`."
    if unknown := _migrations_to_come():
        return (
            f"The database was brought up to date by a later release ({', '.join(unknown)}). Install that one again, or"
            " bring back the copy that was made before it."
        )
    return ""


def _migrations_to_come() -> list[str]:
    """Ours that this database has seen and this release does not know."""
    loader = MigrationExecutor(connection).loader
    assert loader.applied_migrations is not None
    return sorted(
        name
        for app, name in loader.applied_migrations
        if app == "ripeline" and (app, name) not in loader.disk_migrations
    )


def pending_migrations() -> int:
    """How many migrations this database still wants."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _playbook() -> Finding:
    active = PlaybookVersion.objects.filter(is_active=True).first()
    if active is None:
        return Finding(False, "No playbook is active. Run `ripeline migrate`.")
    try:
        is_renamed = is_named_otherwise(active)
    except PlaybookMistakes as wrong:
        why = f"The playbook in force, {active}, cannot be read by this release ({wrong.mistakes[0]})."
        return Finding(False, f"{why} Nobody is assessed until it is mended: `ripeline playbook use FILE`.")
    named = " An earlier release named it; it goes on counting under that name." if is_renamed else ""
    return Finding(True, f"The playbook in force is {active}.{named}")


def _history() -> Finding:
    """Never wrong for parts that are missing or damaged: the worker makes them anew; wrong where it tried and could
    not. The site runs without them."""
    if not triggers_ready(connection):
        return Finding(False, "Changes of the touch log are not noted. Run `ripeline migrate`.")
    from ripeline.timeline.history.commands import say_history
    from ripeline.timeline.history.opening import NotReady, look_at_history

    found = look_at_history()
    is_well = not found.trouble and not (isinstance(found, NotReady) and found.is_unreachable)
    return Finding(is_well, say_history(found), is_bearable=True)


def _search() -> Finding:
    wrong = search_ready()
    return Finding(wrong is None, wrong or "The search has its indexes.")


def _front_end() -> Finding:
    vendor = Path(__file__).parent / "web" / "static" / "vendor"
    if not any(vendor.glob("*")):
        return Finding(
            False, "The front-end files are missing. Run `ripeline assets`, which fetches them from npm."
        )
    return Finding(True, "The front-end files are there.")


def _accounts() -> Finding:
    users = User.objects.filter(is_active=True).count()
    if not users:
        return Finding(
            True, f"Nobody has an account yet: the first to open {settings.CONFIG.base_url} signs up."
        )
    return Finding(True, f"{users} people have an account.")


def _networks() -> Finding:
    file = settings.CONFIG.networks
    try:
        count = len(read_networks(file)) if file else 0
    except BadNetworks as odd:
        return Finding(False, f"{odd} Mend RIPELINE_NETWORKS.")
    return Finding(True, f"{count:,} networks of your own are known, beside those of clouds.")


def _host() -> Finding:
    if settings.DEBUG and settings.CONFIG.host not in ("127.0.0.1", "localhost", "::1"):
        return Finding(False, "RIPELINE_DEBUG is on while others can reach this site. Turn it off.")
    return Finding(True, f"The site is served on {settings.CONFIG.host}:{settings.CONFIG.port}.")


LOOKS: tuple[Callable[[], Finding], ...] = (
    _playbook,
    _search,
    _history,
    _front_end,
    _accounts,
    _host,
    _networks,
)
