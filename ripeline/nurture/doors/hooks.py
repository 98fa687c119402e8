"""Where mail providers report to: an address that nobody guesses, and their signature where they give one."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure  # type: ignore[import-untyped]
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ripeline.nurture.doors.reports import Report, What, take_report

log = logging.getLogger(__name__)
LARGEST = 2 * 1024 * 1024
_WHAT: Mapping[str, What] = {
    "delivered": "delivered",
    "bounced": "bounced",
    "deferred": "put_off",
    "complained": "complained",
    "opened": "opened",
    "clicked": "clicked",
    "unsubscribed": "left",
}
_GONE = frozenset({"invalid", "bounced"})


@dataclass(frozen=True, slots=True)
class Provider:
    """How anymail reads a provider's reports; `key` names what it checks their signature by ("": they give none)."""

    view: str
    key: str = ""


PROVIDERS: Mapping[str, Provider] = {
    "brevo": Provider("brevo.BrevoTrackingWebhookView"),
    "mailersend": Provider("mailersend.MailerSendTrackingWebhookView", "signing_secret"),
    "mailgun": Provider("mailgun.MailgunTrackingWebhookView", "webhook_signing_key"),
    "mailjet": Provider("mailjet.MailjetTrackingWebhookView"),
    "postmark": Provider("postmark.PostmarkTrackingWebhookView"),
    "sendgrid": Provider("sendgrid.SendGridTrackingWebhookView", "tracking_webhook_verification_key"),
    "sparkpost": Provider("sparkpost.SparkPostTrackingWebhookView"),
}


def hook_address(provider: str) -> str:
    """What is given to a provider."""
    return f"{settings.CONFIG.base_url}/hooks/mail/{provider}/{_secret(provider, settings.SECRET_KEY)}/"


@login_not_required
@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def mail_hook(request: HttpRequest, provider: str, secret: str) -> HttpResponse:
    """Takes a provider's reports. What is not signed as it should be is refused; the same told twice counts once."""
    known = PROVIDERS.get(provider)
    if known is None or not _is_right(provider, secret):
        raise Http404("There is no such address.")
    if request.method == "HEAD":
        return HttpResponse()
    if len(request.body) > LARGEST:
        return HttpResponse(status=413)
    key = _keys().get(provider, "")
    if known.key and not key:
        return HttpResponse("Its signing key is not set.\n", status=403, content_type="text/plain")
    try:
        reports = [*_read(known, key, request)]
    except AnymailWebhookValidationFailure:
        return HttpResponse("The signature is wrong.\n", status=403, content_type="text/plain")
    except (ValueError, KeyError, TypeError, AttributeError):
        return HttpResponse("This cannot be read.\n", status=400, content_type="text/plain")
    now = timezone.now()
    for report in reports:
        take_report(report, now=now)
    return HttpResponse()


def _read(provider: Provider, key: str, request: HttpRequest) -> Iterator[Report]:
    module, _, name = provider.view.partition(".")
    kind: Any = getattr(import_module(f"anymail.webhooks.{module}"), name)
    with warnings.catch_warnings():
        # It asks for a password of its own; the secret in the address is ours.
        warnings.simplefilter("ignore")
        view = kind(**({provider.key: key} if key and provider.key else {}))
    view.run_validators(request)
    for event in view.parse_events(request):
        what = _WHAT.get(event.event_type)
        if event.event_type == "rejected" and event.reject_reason in _GONE:
            what = "bounced"
        if what is not None:
            yield Report(
                what,
                event.timestamp or datetime.now(UTC),
                event.recipient or "",
                event.message_id or "",
                event.metadata or {},
                (event.mta_response or event.description or "")[:500],
                event.click_url or "",
                (event.user_agent or "")[:500],
            )


def _is_right(provider: str, secret: str) -> bool:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(secret, _secret(provider, key)) for key in keys)


def _secret(provider: str, key: str) -> str:
    return salted_hmac("ripeline.mail.hook", provider, secret=key, algorithm="sha256").hexdigest()[:40]


def _keys() -> Mapping[str, str]:
    """Their signing keys, as whoever installed this set them."""
    given = (each.partition(":") for each in settings.CONFIG.mail_hook_keys.split())
    return {name: key for name, _, key in given}
