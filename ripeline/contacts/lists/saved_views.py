"""Views that people keep: a name for what follows the question mark in a list's address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core import signing
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ripeline.contacts.models import Room, SavedView
from ripeline.people.models import User
from ripeline.people.permissions import may_run_the_place, reader_of

SALT = "contacts.saved_view"
LONGEST = 60
# What a view never keeps: the page somebody happened to be on.
PASSING = ("after", "before", "csrfmiddlewaretoken")


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A view as a list offers it."""

    title: str
    url: str
    is_here: bool
    id: int | None = None
    is_shared: bool = False
    is_removable: bool = False
    by: str = ""


def read_views(user: User, query: str) -> tuple[ViewLink, ...]:
    """The views of the contacts list that `user` can open: the usual ones, their own, and what others share.
    `query` is the present one."""
    usual = (("Everybody", ""), ("Mine", "owner=me"), ("Nobody's", "owner=none"))
    rows = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True), room=Room.CONTACTS)
    kept = rows.select_related("owner").order_by("name", "id")
    base, here = reverse("contacts"), _normal(query)
    return (
        *(ViewLink(title, f"{base}?{own}" if own else base, here == own) for title, own in usual),
        *(
            ViewLink(
                view.name,
                f"{base}?{view.query}",
                here == _normal(view.query),
                view.pk,
                view.is_shared,
                is_removable=_may_remove(user, view),
                by="" if view.owner_id == user.pk else str(view.owner),
            )
            for view in kept
        ),
    )


@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """Keeps the present filters and order under a name; the same name again replaces the view."""
    user, query = reader_of(request), _normal(request.POST.get("query", ""))
    name = request.POST.get("name", "").replace("\0", "").strip()[:LONGEST]
    if not name:
        messages.error(request, "Give the view a name.")
        return redirect(f"{reverse('contacts')}?{query}")
    _keep(user, name, query, is_shared="shared" in request.POST, now=timezone.now())
    messages.success(request, f"Saved as “{name}”.")
    return redirect(f"{reverse('contacts')}?{query}")


@require_POST
def remove_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Removes a view of one's own; an administrator removes what anybody shared. It can be undone."""
    user = reader_of(request)
    view = get_object_or_404(SavedView.objects.filter(Q(owner=user) | Q(is_shared=True)), pk=pk)
    if not _may_remove(user, view):
        messages.error(request, f"“{view.name}” is {view.owner}'s: they can remove it.")
        return redirect("contacts")
    kept = {"owner": view.owner_id, "name": view.name, "query": view.query, "is_shared": view.is_shared}
    view.delete()
    undo = reverse("contacts_view_restore", args=[signing.dumps(kept, salt=SALT, compress=True)])
    messages.success(request, f"Removed “{view.name}”.", extra_tags=f"undo:{undo}")
    return redirect("contacts")


@require_POST
def restore_view(request: HttpRequest, token: str) -> HttpResponse:
    """Undoes a removal: `token` is what `remove_view` signed."""
    user = reader_of(request)
    try:
        kept = signing.loads(token, salt=SALT, max_age=86400)
    except signing.BadSignature:
        messages.error(request, "That is too long ago to be undone.")
        return redirect("contacts")
    owner = get_object_or_404(User, pk=kept["owner"])
    if owner == user or may_run_the_place(user):
        _keep(owner, kept["name"], kept["query"], is_shared=kept["is_shared"], now=timezone.now())
    return redirect("contacts")


def _keep(owner: User, name: str, query: str, *, is_shared: bool, now: datetime) -> None:
    SavedView.objects.update_or_create(
        owner=owner,
        room=Room.CONTACTS,
        name=name,
        defaults={"query": query, "is_shared": is_shared},
        create_defaults={"query": query, "is_shared": is_shared, "created_at": now},
    )


def _may_remove(user: User, view: SavedView) -> bool:
    return view.owner_id == user.pk or may_run_the_place(user)


def _normal(query: str) -> str:
    kept = QueryDict(query.lstrip("?"), mutable=True)
    for name in PASSING:
        kept.pop(name, None)
    return kept.urlencode()
