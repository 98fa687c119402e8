"""Who may sign up: the first person, who then administers; everybody else is added by `ripeline user add`."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.db import connection, transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from ripeline.people.models import User


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes sign-up after the first user and makes that one an administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """True while nobody has an account."""
        return not User.objects.exists()

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By whom a failed try is counted: the account alone. allauth's own key holds the Host header too, which
        whoever guesses may write as they like (another port each time), and begin to count anew."""
        return str(credentials.get("email", "")).lower()

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Saves the first user as administrator; of several who sign up at the same moment, one."""
        with transaction.atomic():
            if connection.vendor == "postgresql":  # SQLite took its write lock at BEGIN
                with connection.cursor() as cursor:
                    cursor.execute("LOCK TABLE ripeline_user IN SHARE ROW EXCLUSIVE MODE")
            if User.objects.exists():
                raise ImmediateHttpResponse(redirect("account_signup"))
            user.role = User.Role.ADMIN
            return super().save_user(request, user, form, commit)  # type: ignore[no-any-return]
