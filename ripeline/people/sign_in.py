"""Who may sign up: the first person, who then administers; everybody else is invited."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from ripeline.people.models import User


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes sign-up after the first user and makes that one an administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """True while nobody has an account."""
        return not User.objects.exists()

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Saves the first user as administrator."""
        user.role = User.Role.ADMIN
        return super().save_user(request, user, form, commit)  # type: ignore[no-any-return]
