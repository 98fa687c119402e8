"""The demo company's forms: what was sent to them is what the touches say, and loading twice changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ripeline.capture.forms.models import Form, FormCount, Submission
from ripeline.demo.forms import load_forms
from ripeline.demo.load import load_colleagues
from ripeline.people.consent import is_suppressed, may
from ripeline.timeline.record import record
from tests.factories import NOW, make_contact
from tests.timeline.people import fact

pytestmark = pytest.mark.django_db


def test_what_was_sent_and_what_is_allowed_follow_from_the_touches() -> None:
    ann, bo = make_contact("Ann", language="nl"), make_contact("Bo", traits={"role": "author"})
    later = NOW + timedelta(days=2)
    touches = [
        fact(ann, "form_submitted", NOW, subject="newsletter"),
        fact(ann, "subscribed", NOW, subject="newsletter"),
        fact(bo, "subscribed", NOW, subject="newsletter"),
        fact(bo, "form_submitted", NOW, subject="contact"),
        fact(bo, "complained", later, subject="letter"),
    ]
    record(touches, now=later)
    for _ in range(2):
        load_forms(1, load_colleagues(), now=later)

    assert sorted(Form.objects.values_list("key", "is_open")) == [("contact", True), ("newsletter", True)]
    sent = Submission.objects.filter(outcome="accepted").values_list("form__key", "contact", "received_at")
    assert sorted(sent) == [("contact", bo.pk, NOW), ("newsletter", ann.pk, NOW)]
    assert Submission.objects.filter(outcome="suspected").exists()
    assert [may(each, "newsletter", later) for each in (ann, bo)] == [True, False]
    assert is_suppressed(bo.email, "offers")
    counts = dict(
        FormCount.objects.filter(form__key="newsletter", actor="human").values_list("what", "count")
    )
    assert counts["sent"] == 1 <= counts["started"] <= counts["viewed"]
