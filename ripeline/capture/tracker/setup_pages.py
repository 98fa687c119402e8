"""Setting up who may send events: write keys, what to put into a site or a program, and whether it works."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ripeline.capture.collector.keys import NoOrigin, end_key, make_key, read_origin, set_origins
from ripeline.capture.collector.models import WriteKey
from ripeline.capture.tracker import snippets
from ripeline.capture.tracker.checking import Use, check_key, uses
from ripeline.capture.tracker.doors import for_admins, for_team
from ripeline.people.permissions import may_run_the_place, reader_of

LONGEST_ORIGINS = 5_000
NO_SITE = "%s is no site. Write each as https://www.example.com, on a line of its own."
# What another window says of itself is heard by whoever opened it, where this page does not cut itself off from it.
LETS_WINDOWS_SPEAK = {"Cross-Origin-Opener-Policy": "same-origin-allow-popups"}


class SitesForm(forms.Form):
    """The sites whose pages may send with a key."""

    origins = forms.CharField(
        label="Sites",
        required=False,
        max_length=LONGEST_ORIGINS,
        help_text="One on a line, such as https://www.example.com. None: pages of any site may send with the key.",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off"}),
    )

    def clean_origins(self) -> list[str]:
        """As browsers write them."""
        try:
            return [read_origin(line) for line in self.cleaned_data["origins"].split() if line]
        except NoOrigin as odd:
            raise forms.ValidationError(NO_SITE % str(odd)[:100]) from None


class KeyForm(SitesForm):
    """A new key."""

    name = forms.CharField(max_length=80, help_text="What it is for: Our site, The shop.")
    purpose = forms.ChoiceField(
        label="Who shows it",
        choices=[
            (
                WriteKey.Purpose.WEBSITE,
                "A website, in its pages for all to read: what comes with it is unproven",
            ),
            (WriteKey.Purpose.SERVER, "A program on a server, as a secret: what comes with it is believed"),
        ],
        initial=WriteKey.Purpose.WEBSITE,
        widget=forms.RadioSelect,
    )
    field_order = ("name", "purpose", "origins")


@require_safe
@for_team
def setup(request: HttpRequest) -> HttpResponse:
    """All write keys, and how much comes with each."""
    return _show_keys(request, KeyForm())


@require_POST
@for_admins
def new_key(request: HttpRequest) -> HttpResponse:
    """Makes a key and shows what to do with it."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _show_keys(request, form, status=422)
    said = form.cleaned_data
    key = make_key(said["name"], said["purpose"], said["origins"], now=timezone.now())
    return redirect("website_key", key.pk)


@require_safe
@for_team
def key(request: HttpRequest, pk: int) -> HttpResponse:
    """One key: what to copy, whether it works, where it may be used."""
    one = get_object_or_404(WriteKey, pk=pk)
    return _show_key(request, one, SitesForm(initial={"origins": "\n".join(one.origins)}))


@require_safe
@for_team
def key_check(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the key's page that says whether its events arrive."""
    one = get_object_or_404(WriteKey, pk=pk)
    context = {"check": check_key(one, timezone.now()), "may_run": may_run_the_place(reader_of(request))}
    return render(request, "capture/key_check.html", context)


@require_http_methods(["POST"])
@for_admins
def key_sites(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes whose pages may send with a key, or lets one more in."""
    one = get_object_or_404(WriteKey, pk=pk)
    if also := request.POST.get("also", ""):
        form = SitesForm({"origins": "\n".join([*one.origins, also[:300]])})
    else:
        form = SitesForm(request.POST)
    if not form.is_valid():
        return _show_key(request, one, form, status=422)
    set_origins(one, form.cleaned_data["origins"])
    messages.success(request, "Saved. The collector knows within seconds.")
    return redirect("website_key", pk)


@require_POST
@for_admins
def key_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends a key for ever."""
    one = get_object_or_404(WriteKey, pk=pk)
    end_key(one)
    messages.success(request, f"{one.name}: nothing more is taken with this key. What came stays.")
    return redirect("website_setup")


def _show_keys(request: HttpRequest, form: KeyForm, status: int = 200) -> HttpResponse:
    found = uses()
    keys = [(each, found.get(each.pk, Use())) for each in WriteKey.objects.order_by("-is_active", "pk")]
    may_run = may_run_the_place(reader_of(request))
    return render(
        request, "capture/setup.html", {"keys": keys, "form": form, "may_run": may_run}, status=status
    )


def _show_key(request: HttpRequest, one: WriteKey, form: SitesForm, status: int = 200) -> HttpResponse:
    may_run = may_run_the_place(reader_of(request))
    is_website = one.purpose == WriteKey.Purpose.WEBSITE
    ours = settings.CONFIG.base_url
    shown = one.key if is_website or may_run else snippets.UNSAID
    asks, is_cookieless = request.GET.get("consent") == "ask", request.GET.get("cookie") == "none"
    context = {
        "key": one,
        "shown": shown,
        "is_website": is_website,
        "asks": asks,
        "is_cookieless": is_cookieless,
        "tag": snippets.script_tag(ours, shown, asks=asks, is_cookieless=is_cookieless),
        "policy": snippets.policy(ours),
        "others": snippets.of_browsers(ours, shown) if is_website else snippets.of_servers(ours, shown),
        "check": check_key(one, timezone.now()),
        "form": form,
        "may_run": may_run,
    }
    answer = render(request, "capture/key.html", context, status=status)
    for name, value in LETS_WINDOWS_SPEAK.items():
        answer[name] = value
    return answer
