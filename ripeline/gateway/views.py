"""Imports as pages: a file, its columns, what would happen, how far it is, what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ripeline.gateway.forms import ColumnsForm, FileForm
from ripeline.gateway.imports.listed import TooMany, list_people
from ripeline.gateway.imports.mapping import load_mapping, write_mapping
from ripeline.gateway.imports.rejections import rejected_csv
from ripeline.gateway.imports.report import TOLD_STAYING, WITH_TOUCHES, counted, has_touches, undone_sentence
from ripeline.gateway.imports.run import (
    UNREADABLE,
    Refused,
    ask_to_look,
    discard,
    look_at,
    start,
    start_undo,
    take_in,
    unfinished_of,
)
from ripeline.gateway.imports.survey import Survey, survey_of
from ripeline.gateway.imports.touch_table import touch_mapping
from ripeline.gateway.models import Import
from ripeline.people.permissions import WHOLE_TEAM, reader_of

# A file up to this many bytes is looked through while the page waits, about a second; a worker takes larger ones.
SOON = 1_000_000
SHOWN = 50
_BUSY = (Import.State.LOOKING, Import.State.RUNNING, Import.State.UNDOING)
_SAID = {
    "created": "new contacts",
    "updated": "contacts updated",
    "unchanged": "already as the file says",
    "merged": "rows more about the same people",
    "rejected": "rows left out",
}


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Shows the imports there were, and takes a file."""
    _let_in(request)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        import_of = _take(request, form)
        try:
            if import_of.form == Import.Form.TOUCHES or _reads_as_touches(request, import_of):
                _look(import_of)
                return redirect("import", key=import_of.key)
        except UNREADABLE as trouble:
            discard(import_of)
            form.add_error("file", str(trouble))
        except Exception:
            # Nobody could do anything with what is left of it.
            discard(import_of)
            raise
        else:
            return redirect("import_columns", key=import_of.key)
    status = 422 if form.errors else 200
    now = timezone.now()
    listed = [
        (each, each.say_state(now)) for each in Import.objects.select_related("by").order_by("-pk")[:SHOWN]
    ]
    return render(request, "gateway/imports.html", {"form": form, "imports": listed}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, key: str) -> HttpResponse:
    """Shows what each column was taken for, and takes corrections."""
    _let_in(request)
    import_of = get_object_or_404(_waiting(), key=key, form=Import.Form.ROWS)
    try:
        look = _survey(import_of)
    except UNREADABLE as trouble:
        messages.error(request, str(trouble))
        return redirect("imports")
    form = ColumnsForm(request.POST if request.method == "POST" else None, look=look)
    if form.is_bound and form.is_valid():
        import_of.mapping = write_mapping(form.mapping())
        import_of.save(update_fields=["mapping"])
        try:
            _look(import_of)
        except UNREADABLE as trouble:
            messages.error(request, str(trouble))
            return redirect("imports")
        return redirect("import", key=import_of.key)
    context = {"import_of": import_of, "form": form, "notes": look.shape.notes}
    return render(request, "gateway/columns.html", context, status=422 if form.is_bound else 200)


@require_safe
def import_page(request: HttpRequest, key: str) -> HttpResponse:
    """Shows an import as it stands: what it would do, how far it is, or what came of it."""
    _let_in(request)
    import_of = get_object_or_404(Import.objects.select_related("by"), key=key)
    is_asking = import_of.state == Import.State.DRAFT and not import_of.preview
    if is_asking and import_of.form == Import.Form.ROWS:
        # Nobody has said yet which column is what: there is nothing to show before that.
        return redirect("import_columns", key=import_of.key)
    now = timezone.now()
    context: dict[str, Any] = {
        "import_of": import_of,
        "state": import_of.say_state(now),
        "is_busy": import_of.state in _BUSY,
        "is_resting": import_of.is_resting(now),
        "quiet": import_of.quiet_for(now),
        "counts": counted(import_of),
        "undone": undone_sentence(import_of),
        "staying": import_of.left_in_place[:TOLD_STAYING],
        "may_start": import_of.state == Import.State.DRAFT and bool(import_of.preview),
    }
    if import_of.state == Import.State.UNDOING:
        steps = import_of.steps.count()
        context |= {"done": steps - import_of.steps.filter(undone_at=None).count(), "total": steps}
    else:
        context |= {"done": import_of.position, "total": import_of.rows or 0}
    if import_of.state == Import.State.DRAFT:
        context["groups"] = _examples(import_of)
        context["before"] = unfinished_of(import_of.digest).first()
    return render(request, "gateway/import.html", context)


@require_POST
def start_import(request: HttpRequest, key: str) -> HttpResponse:
    """Starts an import, or goes on with one that stopped; a worker does it."""
    _let_in(request)
    import_of, now = _find(key), timezone.now()
    if import_of.is_resting(now):
        messages.success(request, "The worker goes on with it as soon as it is free.")
    return _answer(request, key, start(import_of, now))


@require_POST
def undo_import(request: HttpRequest, key: str) -> HttpResponse:
    """Takes an import back; a worker does it."""
    _let_in(request)
    return _answer(request, key, start_undo(_find(key), timezone.now()))


@require_POST
def list_import(request: HttpRequest, key: str) -> HttpResponse:
    """Makes a list, kept by hand from then on, of the people an import was about."""
    _let_in(request)
    import_of = _find(key)
    try:
        made = list_people(import_of, by=reader_of(request), now=timezone.now())
    except TooMany as why:
        messages.error(request, str(why))
        return redirect("import", key=key)
    messages.success(request, f"{made.title} is a list now")
    return redirect("segment", key=made.key)


@require_POST
def discard_import(request: HttpRequest, key: str) -> HttpResponse:
    """Drops a file that was looked at and not imported."""
    _let_in(request)
    import_of = _find(key)
    discard(import_of)
    messages.success(request, f"{import_of.name} is put aside; nothing of it was imported.")
    return redirect("imports")


@require_safe
def rejected(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """The rows left out, with their reasons, as a file to correct and bring in again."""
    _let_in(request)
    import_of = _find(key)
    headers = {"Content-Disposition": f'attachment; filename="rejected-{import_of.key[:8]}.csv"'}
    return StreamingHttpResponse(
        rejected_csv(import_of), content_type="text/csv; charset=utf-8", headers=headers
    )


@require_safe
def mapping_file(request: HttpRequest, key: str) -> HttpResponse:
    """How the file was read, as a mapping for the next one."""
    _let_in(request)
    import_of = _find(key)
    headers = {"Content-Disposition": f'attachment; filename="mapping-{import_of.key[:8]}.yaml"'}
    return HttpResponse(import_of.mapping, content_type="application/yaml; charset=utf-8", headers=headers)


def _take(request: HttpRequest, form: FileForm) -> Import:
    file = form.cleaned_data["file"]
    is_json = str(file.name).lower().endswith((".jsonl", ".ndjson"))
    return take_in(
        file,
        str(file.name),
        form=Import.Form.TOUCHES if is_json else Import.Form.ROWS,
        mapping=form.cleaned_data["mapping"] or ("create: false\n" if is_json else ""),
        by=reader_of(request),
        now=timezone.now(),
    )


def _reads_as_touches(request: HttpRequest, import_of: Import) -> bool:
    """Whether the columns of a table, for which nobody gave a mapping, are those of touches: then it is read so.

    Raises NotATable, MappingMistakes, OSError.
    """
    look = _survey(import_of)
    found = "" if import_of.mapping else touch_mapping(look.shape.columns, look.examples)
    if not found:
        return False
    import_of.mapping = found
    import_of.save(update_fields=["mapping"])
    messages.info(
        request, "It has the columns 'kind' and 'at', so its rows are read as touches, not as contacts."
    )
    return True


def _look(import_of: Import) -> None:
    """Looks through the whole file, now or by a worker. Raises NotATable, MappingMistakes, OSError."""
    if _size(import_of) > SOON:
        ask_to_look(import_of, timezone.now())
    else:
        look_at(import_of)


def _survey(import_of: Import) -> Survey:
    """What the first thousand rows say of the columns: enough to ask which is which."""
    return survey_of(import_of.file, load_mapping(import_of.mapping))


def _size(import_of: Import) -> int:
    with open(import_of.file, "rb") as file:
        return file.seek(0, 2)


def _waiting() -> QuerySet[Import]:
    states = (Import.State.DRAFT, Import.State.FAILED, Import.State.LOOKING)
    return Import.objects.filter(state__in=states, position=0)


def _find(key: str) -> Import:
    return get_object_or_404(Import, key=key)


def _answer(request: HttpRequest, key: str, refused: Refused | None) -> HttpResponse:
    if refused:
        messages.error(request, refused.why)
    return redirect("import", key=key)


def _let_in(request: HttpRequest) -> None:
    if reader_of(request).role not in WHOLE_TEAM:
        raise PermissionDenied("Files are brought in by administrators and marketers. Ask one of them.")


def _examples(import_of: Import) -> list[tuple[str, list[dict[str, Any]]]]:
    titles = _SAID | {"left_out": "cells left empty"}
    if has_touches(import_of):
        titles["unchanged"] = WITH_TOUCHES
    examples = import_of.preview.get("examples", {})
    return [(titles[name], examples[name]) for name in titles if examples.get(name)]
