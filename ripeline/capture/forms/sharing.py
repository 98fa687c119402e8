"""How a form comes to where people are: a link, a frame, a script, plain HTML, or a form that stands there already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.views.decorators.http import require_POST, require_safe

from ripeline.capture.forms.definition import Definition, Question
from ripeline.capture.forms.making import draft_of
from ripeline.capture.forms.models import Form
from ripeline.capture.forms.returning import read_origins
from ripeline.capture.forms.showing import with_links
from ripeline.capture.forms.views import find_form, is_writer, let_in

MOST_ORIGINS = 50
INPUTS = {"email": "email", "phone": "tel", "date": "date"}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to show a form: what it is good for, and what to put where. `on_site`: it needs its site on the list."""

    title: str
    words: str
    code: str
    on_site: bool = True


@require_safe
def form_share(request: HttpRequest, key: str) -> HttpResponse:
    """The codes of a form, and the sites that may use them."""
    form = find_form(key)
    definition = Definition.model_validate(form.version.definition) if form.version else draft_of(form)
    return _page(request, form, definition, "\n".join(form.origins))


@require_POST
def form_origins(request: HttpRequest, key: str) -> HttpResponse:
    """Sets the sites that may show a form, send to it and be led to."""
    let_in(request)
    form = find_form(key)
    written = request.POST.get("origins", "")
    good, bad = read_origins(written)
    definition = Definition.model_validate(form.version.definition) if form.version else draft_of(form)
    if bad:
        wrong = f"“{bad[0][:80]}” is no site: write it as https://www.example.com, without a page."
        return _page(request, form, definition, written, wrong)
    if len(good) > MOST_ORIGINS:
        return _page(request, form, definition, written, f"At most {MOST_ORIGINS} sites.")
    Form.objects.filter(pk=form.pk).update(origins=good)
    messages.success(request, "Saved: these sites may show the form and send to it.")
    return redirect("form_share", key=form.key)


def _page(
    request: HttpRequest, form: Form, definition: Definition, written: str, wrong: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "ways": list(_ways(form, definition)),
        "written": written,
        "wrong": wrong,
        "may_write": is_writer(request),
    }
    return render(request, "capture/form_share.html", context, status=422 if wrong else 200)


def _ways(form: Form, definition: Definition) -> Iterator[Way]:
    ours = settings.CONFIG.base_url
    page = ours + reverse("form_public", args=[form.key])
    script = ours + reverse("form_script", args=[form.key])
    yield Way("A page of its own", "To be linked to, in mails and posts.", page, on_site=False)
    yield Way(
        "In your page",
        "The form stands where this stands, as high as it is. It tells where visitors came from, and which of your"
        f" visitors it is. A strict site adds {ours} to its policy: script-src and frame-src.",
        f'<script async src="{script}"></script>',
    )
    yield Way(
        "In your page, without scripts",
        "A frame of a fixed height.",
        f'<iframe src="{page}?embed=1" title="{escape(form.title)}" width="100%" height="640"></iframe>',
    )
    yield Way(
        "Your own HTML",
        "Looks like your site. It is sent as any form is; what is wrong is told on our page, with all that was typed.",
        "\n".join(_html(page, definition)),
    )
    yield Way(
        "A form that you have already",
        "With the tracker in the page, one attribute is enough: what is filled in comes here as well, and your form"
        " goes on as before. If its fields are called otherwise than yours here, say which is which under “Names”.",
        f'<form data-ripeline-form="{form.key}" … >',
    )


def _html(page: str, definition: Definition) -> Iterator[str]:
    yield f'<form method="post" action="{page}">'
    for each in definition.fields:
        yield from _control(definition, each)
    yield "  <button>Send</button>"
    yield "</form>"


def _control(definition: Definition, asked: Question) -> Iterator[str]:
    label = with_links(definition.say(asked.label, definition.languages[0]) or asked.name)
    needs = " required" if asked.required else ""
    if asked.type == "long":
        yield f'  <label>{label} <textarea name="{asked.name}"{needs}></textarea></label>'
    elif asked.type in ("choice", "choices"):
        several = " multiple" if asked.type == "choices" else ""
        yield f'  <label>{label} <select name="{asked.name}"{several}{needs}>'
        if not several:
            # Without it browsers would send the first answer of who gave none.
            yield '    <option value=""></option>'
        for each in asked.choices:
            words = escape(definition.say(each.label, definition.languages[0]) or each.value)
            yield f'    <option value="{escape(each.value)}">{words}</option>'
        yield "  </select></label>"
    elif asked.type in ("check", "consent"):
        yield f'  <label><input type="checkbox" name="{asked.name}" value="yes"{needs}> {label}</label>'
    elif asked.type == "hidden" and asked.fixed:
        yield f'  <input type="hidden" name="{asked.name}" value="{escape(asked.fixed)}">'
    elif asked.type != "hidden":
        # Where somebody came from is told by the page's own address.
        kind = INPUTS.get(asked.type, "text")
        yield f'  <label>{label} <input type="{kind}" name="{asked.name}"{needs}></label>'


def names_of(definition: Definition) -> Sequence[tuple[str, str]]:
    """The fields of a form that something may be mapped to: name and label."""
    return [
        (each.name, definition.say(each.label, definition.languages[0]) or each.name)
        for each in definition.fields
    ]
