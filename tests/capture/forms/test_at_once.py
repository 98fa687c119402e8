"""Forms that are sent at the same instant: each once, nobody twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from ripeline.capture.forms.models import Submission
from ripeline.people.models import Company, Contact, Visitor
from ripeline.timeline.models import Touch
from tests.capture.forms.forms import browser, make_demo, token_for

pytestmark = pytest.mark.django_db(transaction=True)


def test_at_once_the_same_form_counts_once_and_a_new_person_is_made_once() -> None:
    form = make_demo()
    once = token_for(form, now=timezone.now())
    same = [{"email": "ann@firm.example", "ripeline_token": once} for _ in range(4)]
    others = [
        {
            "email": "bo@firm.example",
            "full_name": f"Bo {n}",
            "ripeline_visitor": f"{n % 2}" * 32,
            "ripeline_token": token_for(form, now=timezone.now()),
        }
        for n in range(6)
    ]

    def send(said: dict[str, Any]) -> int:
        try:
            return browser().post("/f/demo/", said).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        assert set(pool.map(send, [*same, *others])) == {303}
    assert Submission.objects.count() == 7
    assert sorted(Contact.objects.values_list("email", flat=True)) == ["ann@firm.example", "bo@firm.example"]
    assert (Company.objects.count(), Visitor.objects.count()) == (1, 2)
    assert Touch.objects.filter(kind="form_submitted").count() == 7
    assert Touch.objects.filter(kind="identified").count() == 2
