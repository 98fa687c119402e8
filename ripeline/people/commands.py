"""`ripeline user`: the accounts of those who work here, from the command line of the machine."""

from __future__ import annotations

import click
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse

from ripeline.people.models import User

ROLES = click.Choice([role.value for role in User.Role])


@click.group("user")
def user_group() -> None:
    """Accounts: who may sign in, and as what."""


@user_group.command("add")
@click.argument("email")
@click.option("--role", type=ROLES, default=User.Role.SALES.value, show_default=True)
@click.option("--name", default="", help="As colleagues see it.")
def add(email: str, role: str, name: str) -> None:
    """Make an account, and print the address under which its owner chooses a password."""
    try:
        validate_email(email)
    except ValidationError:
        raise click.UsageError(f"'{email}' is no email address.") from None
    if User.objects.filter(email=email.lower()).exists():
        raise click.UsageError(
            f"{email} has an account already. `ripeline user role` changes what it may do."
        )
    user = User.objects.create_user(email, None, role=role, name=name)
    click.echo(f"{user.email} may sign in as {user.get_role_display()} after choosing a password here:")
    click.echo(password_address(user))


@user_group.command("role")
@click.argument("email")
@click.argument("role", type=ROLES)
def role(email: str, role: str) -> None:
    """Change what somebody may do."""
    user = _find(email)
    user.role = role
    user.save(update_fields=["role"])
    click.echo(f"{user.email} is {user.get_role_display()} now.")


@user_group.command("password")
@click.argument("email")
def password(email: str) -> None:
    """Print an address under which somebody chooses a new password."""
    click.echo(password_address(_find(email)))


@user_group.command("list")
def list_users() -> None:
    """Say who has an account."""
    users = list(User.objects.order_by("email"))
    if not users:
        click.echo("Nobody has an account yet. Sign up on the first page, or: ripeline user add EMAIL")
    for user in users:
        state = "" if user.is_active else "  (may not sign in)"
        click.echo(f"{user.get_role_display():<14} {user.email}{state}")


def password_address(user: User) -> str:
    """The address, valid for three days and once, under which `user` chooses a password."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    uidb36, _, token = key.partition("-")
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": uidb36, "key": token})
    return f"{settings.CONFIG.base_url}{path}"


def _find(email: str) -> User:
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        raise click.UsageError(f"Nobody has an account under {email}. `ripeline user list` says who has.")
    return user
