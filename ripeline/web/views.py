"""Pages that belong to no feature: one's own settings, and the first sign-in of all."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from allauth.account.views import LoginView
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from ripeline.web.tags import asset

User = get_user_model()


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):  # type: ignore[misc]
    """allauth's sign-in; as long as nobody has an account it leads to making the first one."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Redirects to sign-up on a new installation."""
        if request.method in ("GET", "HEAD") and not User.objects.exists():
            return redirect("account_signup")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[no-any-return]


@cache
def zone_choices() -> list[Any]:
    """Time zones by continent; first the one this installation uses for those who choose none."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        region, _, city = name.partition("/")
        if city and region not in ("Etc", "SystemV"):
            regions.setdefault(region, []).append((name, city.replace("_", " ")))
    return [("", "As this installation"), ("UTC", "UTC"), *sorted(regions.items())]


class SettingsForm(forms.Form):
    """What people may say about themselves."""

    name = forms.CharField(
        max_length=120,
        required=False,
        help_text="As colleagues see it.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    time_zone = forms.ChoiceField(
        choices=zone_choices, required=False, help_text="Every time you read is in this zone."
    )


@login_not_required
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Browsers ask for this name at answers that are no page of ours."""
    return redirect(asset("web/mark.svg"), permanent=True)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """One's own name and time zone, and the ways to password and second factor."""
    user = request.user
    assert isinstance(user, User)
    form = SettingsForm(request.POST or None, initial={"name": user.name, "time_zone": user.time_zone})
    if form.is_valid():
        user.name, user.time_zone = form.cleaned_data["name"], form.cleaned_data["time_zone"]
        user.save(update_fields=["name", "time_zone"])
        messages.success(request, "Your settings are saved.")
        return redirect("settings")
    return render(request, "web/settings.html", {"form": form, "has_second_factor": is_mfa_enabled(user)})
