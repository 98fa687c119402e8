"""Consents that are confirmed by mail: a real mail server, one letter, a button, and the proof."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils import timezone

from ripeline.capture.forms.confirming import HOLDS_FOR, MOST_TO_A_MAILBOX
from ripeline.capture.forms.models import Confirmation, Form
from ripeline.people.consent import is_suppressed, may, note_consent, suppress
from ripeline.people.contacts import ContactDraft, add_contacts
from ripeline.people.models import Consent, Contact, Identity, Suppression
from ripeline.timeline.models import Touch
from ripeline.work.letters import Letter, attend_letters
from tests.capture.forms.forms import browser, make_demo, token_for
from tests.factories import NOW, make_playbook
from tests.processes import free_port, worker

pytestmark = pytest.mark.django_db


class Mailbox:
    """What a mail server took; `answer` is what it says to the next letters."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.answer = "250 OK"
        self.breaks = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.breaks:
            # It has the letter, and the line breaks before it can say so.
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
            return "250 OK"
        if self.answer.startswith("250"):
            self.letters.append(message_from_bytes(bytes(envelope.content or b""), policy=default))
        return self.answer


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = controller.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield box
    controller.stop()


@pytest.fixture
def form() -> Form:
    return make_demo(confirm=True)


def send(form: Form, **said: str) -> Any:
    token = token_for(form, now=timezone.now())
    asked = {"email": "ann@firm.example", "letters": "yes", "ripeline_token": token}
    return browser(**{"accept-language": "de"}).post(f"/f/{form.key}/", asked | said)


def link_in(letter: Message) -> str:
    found = re.search(r"http://\S+(/f/confirm/[0-9a-f]{32}/)", str(letter.get_payload(decode=True), "utf-8"))  # type: ignore[arg-type]
    assert found
    return found[1]


def press(link: str, *, ticked: list[str] | None = None) -> Any:
    """Presses the button of the page behind a link; of what it shows, all or what is `ticked`."""
    return browser().post(link, {"asked": shown(link) if ticked is None else ticked})


def shown(link: str) -> list[str]:
    return re.findall(r'name="asked" value="(\d+)" checked', browser().get(link).content.decode())


def attend(times: int = 1) -> list[int]:
    return [attend_letters(timezone.now(), is_closed=is_suppressed) for _ in range(times)]


def test_who_unsubscribed_is_not_brought_back_by_a_form_that_a_stranger_sends(mailbox: Mailbox) -> None:
    form = make_demo()
    send(form)
    ann = Contact.objects.get()
    assert may(ann, "newsletter", timezone.now())
    note_consent(ann, "newsletter", Consent.State.WITHDRAWN, how=Consent.How.UNSUBSCRIBED, at=timezone.now())
    send(form, full_name="A stranger")
    assert not may(ann, "newsletter", timezone.now())
    assert is_suppressed(ann.email, "newsletter")
    assert attend() == [1], "she alone can say that it is her wish"
    assert Touch.objects.filter(kind="subscribed").count() == 1
    press(link_in(mailbox.letters[0]))
    assert may(ann, "newsletter", timezone.now())
    # Whoever has her closed address next is asked as well.
    note_consent(ann, "newsletter", Consent.State.WITHDRAWN, how=Consent.How.UNSUBSCRIBED, at=timezone.now())
    ann.delete()
    send(form, full_name="Another")
    assert not may(Contact.objects.get(), "newsletter", timezone.now())


def test_an_address_on_a_form_is_a_claim_until_a_mail_to_it_was_answered(
    form: Form, mailbox: Mailbox
) -> None:
    [known] = add_contacts(
        [ContactDraft(name="Bo", external=("4711",), emails=("ann@firm.example",))], now=NOW
    )
    Identity.objects.filter(kind="email").update(is_claim=True)
    send(form)
    ann = Identity.objects.get(kind="email")
    assert (ann.contact == known, ann.is_claim) == (False, True), "a website's word does not make her Bo"
    attend()
    press(link_in(mailbox.letters[0]))
    ann.refresh_from_db()
    assert (ann.is_claim, ann.verified_at is None) == (False, False)


def test_a_letter_that_was_posted_before_its_address_was_closed_is_not_sent(
    form: Form, mailbox: Mailbox
) -> None:
    send(form)
    suppress("ann@firm.example", Suppression.Why.COMPLAINED, now=timezone.now())
    assert attend(2) == [1, 0]
    assert (mailbox.letters, Letter.objects.get().state) == ([], "withheld")


def test_a_consent_counts_when_the_button_behind_the_link_was_pressed_and_not_when_it_was_opened(
    form: Form, mailbox: Mailbox
) -> None:
    assert "wait=1" in send(form)["Location"]
    ann = Contact.objects.get()
    assert not may(ann, "newsletter", timezone.now())
    assert not Touch.objects.filter(kind="subscribed").exists()
    assert attend(2) == [1, 0]
    [letter] = mailbox.letters
    assert (letter["To"], letter["Subject"]) == (
        "ann@firm.example",
        "Bitte bestätigen Sie: Vorführung anfragen",
    )
    assert "ann@" not in link_in(letter)

    for scan in (browser().get, browser().head):
        assert scan(link_in(letter)).status_code == 200
    page = browser().get(link_in(letter)).content.decode()
    assert ("Send me the newsletter" in page, "Ja, ich bestätige" in page) == (True, True)
    assert not may(ann, "newsletter", timezone.now())

    ticked = shown(link_in(letter))
    for _ in range(2):
        done = press(link_in(letter), ticked=ticked)
        assert (done.status_code, "es ist bestätigt" in done.content.decode()) == (200, True)
    now = timezone.now()
    assert may(ann, "newsletter", now)
    proof = Consent.objects.get(state="given")
    assert proof.wording is not None
    assert (proof.how, proof.wording.text, proof.wording.language) == ("mail", "Send me the newsletter", "de")
    assert proof.place == {
        "form": "demo",
        "version": 1,
        "to": "ann@firm.example",
        "agent": proof.place["agent"],
    }
    assert Identity.objects.get(kind="email").verified_at is not None
    assert Touch.objects.filter(kind="subscribed", subject="newsletter", contact=ann).count() == 1


def test_an_address_gets_at_most_one_letter_a_day_and_its_link_confirms_all_that_was_asked(
    form: Form, mailbox: Mailbox
) -> None:
    other = make_demo(
        "other",
        confirm=True,
        fields=[
            {"name": "email", "type": "email", "label": {"en": "Email"}, "required": True},
            {"name": "ok", "type": "consent", "label": {"en": "Call me"}, "purpose": "calls"},
        ],
    )
    send(form)
    send(form, wish="again")
    assert "wait=1" in send(other, ok="yes")["Location"], "whoever asks is told the same"
    attend(3)
    [letter] = mailbox.letters
    was = shown(link_in(letter))
    assert len(was) == 2
    assert "Call me" in press(link_in(letter), ticked=[]).content.decode(), (
        "nothing was ticked: it is asked again"
    )
    assert press(link_in(letter), ticked=was).status_code == 200
    ann = Contact.objects.get()
    assert [may(ann, purpose, timezone.now()) for purpose in ("newsletter", "calls")] == [True, True]

    Confirmation.objects.update(asked_at=timezone.now() - timedelta(hours=25))
    send(form, wish="a day later")
    attend(2)
    assert len(mailbox.letters) == 2


def test_what_was_asked_while_the_page_stood_open_is_not_confirmed_by_its_button(
    form: Form, mailbox: Mailbox
) -> None:
    send(form)
    attend()
    link = link_in(mailbox.letters[0])
    read = shown(link)
    words = {"en": "Sell my number"}
    more = {"name": "ok", "type": "consent", "label": words, "purpose": "calls"}
    email = {"name": "email", "type": "email", "label": {"en": "Email"}, "required": True}
    send(make_demo("other", confirm=True, fields=[email, more]), ok="yes")
    press(link, ticked=read)
    ann = Contact.objects.get()
    assert [may(ann, purpose, timezone.now()) for purpose in ("newsletter", "calls")] == [True, False]
    page = browser().get(link).content.decode()
    assert ("Sell my number" in page, "newsletter" in page) == (True, False)


def test_a_letter_that_did_not_go_keeps_no_new_one_back_and_one_mailbox_gets_few(form: Form) -> None:
    posted = []
    for wish, state in enumerate(("sent", "failed", "uncertain", "failed", "failed")):
        send(form, wish=str(wish))
        posted.append(Letter.objects.count())
        Letter.objects.update(state=state)
    assert posted == [1, 1, 2, 3, 3], "the first was sent, until its server sent it back"
    for number in range(6):
        send(form, email=f"vi{'.' * (number % 2)}cky+{number}@gmail.com")
    assert Letter.objects.filter(to__contains="cky").count() == MOST_TO_A_MAILBOX


def test_an_old_link_confirms_nothing_and_a_closed_address_gets_none(form: Form, mailbox: Mailbox) -> None:
    send(form)
    Confirmation.objects.update(asked_at=timezone.now() - HOLDS_FOR - timedelta(minutes=1))
    link = f"/f/confirm/{Confirmation.objects.get().key}/"
    everything = [str(each.pk) for each in Consent.objects.all()]
    assert (browser().get(link).status_code, press(link, ticked=everything).status_code) == (410, 410)
    assert not Consent.objects.filter(state="given").exists()
    none = browser().post(f"/f/confirm/{'0' * 32}/")
    assert (none.status_code, "This link is too old" in none.content.decode()) == (404, True)
    assert "form-action 'self'" in none["Content-Security-Policy"]

    suppress("bo@firm.example", Suppression.Why.COMPLAINED, now=timezone.now())
    send(form, email="bo@firm.example")
    assert not Letter.objects.filter(to="bo@firm.example").exists()


def test_a_letter_is_tried_again_refused_for_good_or_named_as_uncertain_but_never_sent_twice(
    form: Form, mailbox: Mailbox, settings: Any
) -> None:
    send(form)
    letter = Letter.objects.get()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert attend(2) == [1, 0], "nobody listens: later"
    settings.EMAIL_PORT, mailbox.answer = port, "451 Come back later"
    assert state_after(letter, due=True) == ("waiting", 2)
    mailbox.answer = "250 OK"
    assert state_after(letter, due=True)[0] == "sent"
    assert (len(mailbox.letters), attend()) == (1, [0])

    for said, becomes in (("554 No such mailbox", "failed"), ("", "uncertain")):
        mailbox.answer, mailbox.breaks = said, not said
        again(letter)
        assert state_after(letter)[0] == becomes
        assert attend() == [0]
    mailbox.answer, mailbox.breaks = "250 OK", False
    # The worker died while it handed the letter over.
    again(letter)
    Letter.objects.update(state=Letter.State.SENDING)
    assert state_after(letter)[0] == "uncertain"
    assert len(mailbox.letters) == 1


def again(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk).update(state="waiting", due_at=timezone.now(), attempts=0)


def state_after(letter: Letter, *, due: bool = False) -> tuple[str, int]:
    if due:
        Letter.objects.filter(pk=letter.pk).update(due_at=timezone.now())
    attend()
    letter.refresh_from_db()
    return letter.state, letter.attempts


@pytest.mark.django_db(transaction=True)
def test_the_worker_sends_what_a_form_asked_to_confirm(
    form: Form, mailbox: Mailbox, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIPELINE_EMAIL_URL", f"smtp://127.0.0.1:{settings.EMAIL_PORT}")
    make_playbook()
    send(form)
    with worker():
        until = time.monotonic() + 60
        while not Letter.objects.filter(state="sent").exists():
            assert time.monotonic() < until, "the worker sent nothing in a minute"
            time.sleep(0.05)
    [letter] = mailbox.letters
    assert press(link_in(letter)).status_code == 200
    assert may(Contact.objects.get(), "newsletter", timezone.now())
