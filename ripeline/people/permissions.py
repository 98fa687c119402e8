"""Who may do what. Everybody reads everything (teams are small); changing and taking away are what differ.

Administrators and marketers may change every contact and export all of them. A salesperson may change, and export,
the contacts they own; a contact nobody owns may be changed by anyone, since taking it up is how it gets an owner.
"""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest

from ripeline.people.models import Contact, User

WHOLE_TEAM = frozenset({User.Role.ADMIN, User.Role.MARKETING})


def reader_of(request: HttpRequest) -> User:
    """Who is asking. Every page but sign-in has somebody: the middleware sees to it."""
    user = request.user
    assert isinstance(user, User)
    return user


def may_change(user: User, contact: Contact) -> bool:
    """Whether `user` may change, move or hand over this contact."""
    return user.role in WHOLE_TEAM or contact.owner_id in (None, user.pk)


def changeable_by(user: User) -> Q:
    """The contacts `user` may change, as a condition on Contact; says the same as `may_change`."""
    if user.role in WHOLE_TEAM:
        return Q()
    return Q(owner=None) | Q(owner=user)


def may_export_all(user: User) -> bool:
    """Whether `user` may take the whole list away as a file; a salesperson takes their own contacts only."""
    return user.role in WHOLE_TEAM


def may_write_definitions(user: User) -> bool:
    """Whether `user` may write drafts of the playbook; everybody may read them."""
    return user.role in WHOLE_TEAM


def may_run_the_place(user: User) -> bool:
    """Whether `user` may change what counts for everybody: the playbook, accounts, what others have shared."""
    return user.role == User.Role.ADMIN
