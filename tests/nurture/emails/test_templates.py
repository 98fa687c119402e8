"""What writers may put between braces: nothing of it runs, nothing leaks, and it ends soon."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from liquid.exceptions import LiquidError
from markupsafe import escape

from ripeline.nurture.emails.limits import MissingField
from ripeline.nurture.emails.mistakes import Mistakes
from ripeline.nurture.emails.people import plain
from ripeline.nurture.emails.templates import fields_of, filled, read_template
from tests.nurture.emails.writing import ANN, block, mistakes, written

pytestmark = pytest.mark.pure
REACHING = (
    "{{ contact.__class__ }}",
    "{{ contact['__class__']['__mro__'] }}",
    "{{ contact.first_name.__class__.__mro__[1].__subclasses__() }}",
    "{{ contact.first_name.format.__globals__ }}",
    "{{ ''.__class__ }}",
    "{{ contact.delete() }}",
    "{{ contact.objects.all }}",
    "{{ settings.SECRET_KEY }}",
    "{{ request.user.password }}",
    "{{ self }}{{ _context }}{{ env }}{{ globals }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__ }}",
    "{{ 'id' | system }}{{ 'id' | exec }}",
    "{{ contact.first_name | safe }}",
    "{% include '/etc/passwd' %}",
    "{% render 'settings' %}",
    "{% extends 'base' %}",
    "{% import os %}",
    "{% liquid echo contact.email %}",
    "{% load static %}",
    "{%- raw -%}{{ contact.email }}",
    "%7B%7Bcontact.email%7D%7D ${7*7} <%= 7*7 %> #{7*7}",
)
HEAVY = (
    "{% for a in (1..100000) %}{% for b in (1..100000) %}x{% endfor %}{% endfor %}",
    "{% for a in (1..30) %}{% for b in (1..30) %}{% for c in (1..30) %}x{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in (1..900) %}" + "{{ 1 }}" * 700 + "{% endfor %}",
    "{% for a in (1..900) %}x{% endfor %}" * 600,
    "{% assign a = 'xxxxxxxxxx' %}" + "{% assign a = a | append: a %}" * 60,
    "{% assign a = 'x,y' | split: ',' %}" + "{% assign a = a | concat: a %}" * 60,
    f"{{{{ '{'a' * 1200}' | replace: 'a', '{'b' * 400}' | replace: 'b', '{'c' * 90}' }}}}",
    f"{{% assign a = '{'x,' * 900}' | split: ',' %}}{{{{ a | join: '{'y' * 900}' }}}}",
    "{{ (1..1000000000) | join: 'x' }}",
    "{% assign n = (1..1000000000) %}{{ n | reverse | first }}",
    "{% assign n = 999999999999999 %}" + "{% assign n = n | times: n %}" * 50,
    "{{ today | date: '%999999999d' }}",
    "{% assign a = 'x' %}{% for i in (1..900) %}{% capture a %}{{ a }}{{ a }}{% endcapture %}{% endfor %}",
)


@pytest.mark.parametrize("payload", REACHING)
@pytest.mark.parametrize("is_html", [True, False])
def test_nothing_reaches_beyond_what_is_known_of_the_person(payload: str, is_html: bool) -> None:
    read = read_template(payload, "Content", is_html=is_html)
    if isinstance(read, Mistakes):
        assert all(each.said for each in read.found)
        return
    try:
        said = filled(read, ANN)
    except (MissingField, LiquidError):
        return
    assert "ann@reader.example" not in said
    assert "class" not in said
    assert "49" not in said


@pytest.mark.parametrize("payload", HEAVY)
def test_what_would_take_long_or_much_is_refused_before_it_does(payload: str) -> None:
    read = read_template(payload, "Content", is_html=True)
    assert not isinstance(read, Mistakes), str(read)
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(LiquidError):
        filled(read, ANN)
    took, (_, most) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 64_000_000
    # With what measures memory it takes several times as long as without.
    assert took < 1


def test_what_is_allowed_at_its_most_stays_within_fifty_milliseconds() -> None:
    template = read_template(
        "{% for a in (1..900) %}{% if a > 3 %}{{ a }}{% endif %}{% endfor %}" * 2, "Content"
    )
    assert not isinstance(template, Mistakes)

    def took() -> float:
        began = time.process_time()
        filled(template, ANN)
        return time.process_time() - began

    assert min(took() for _ in range(5)) < 0.05


@pytest.mark.parametrize(
    "value",
    [
        "{{ contact.email }}",
        "{% if true %}x{% endif %}",
        "{{ 7 | times: 7 }}",
        "{% raw %}",
        "}}{{",
        "lq0z lq1z",
    ],
)
@pytest.mark.parametrize("mode", ["plain", "mjml"])
def test_braces_in_what_somebody_wrote_of_themselves_stay_text(value: str, mode: str) -> None:
    body = "Dear {{ contact.first_name }}, see https://site.example/?n={{ contact.first_name }}"
    found = written(
        block(body) if mode == "mjml" else body, "For {{ contact.first_name }}", mode, first_name=value
    )
    assert f"For {value}" == found.subject
    assert f"Dear {value}," in found.text
    assert f"Dear {value}," in found.html


@given(st.text(max_size=80), st.sampled_from(["{{%s}}", "{%% %s %%}", "<%s>", "%s"]))
@settings(max_examples=60, deadline=None)
def test_whatever_somebody_is_called_is_written_as_it_is(name: str, round_it: str) -> None:
    value = plain(round_it % name)
    if not isinstance(value, str) or not value.strip():
        return
    found = written(block("[{{ contact.first_name }}]"), mode="mjml", first_name=value)
    assert f"[{escape(value)}]" in found.html


@pytest.mark.parametrize(
    "way",
    [
        "{{ contact.first_name }}",
        "{{ contact.first_name | append: '!' }}",
        "{{ contact.first_name | newline_to_br }}",
        "{{ contact.first_name | split: '<' | join: '<' }}",
        "{{ contact.first_name | replace: 'onerror', 'onload' }}",
        "{% capture a %}{{ contact.first_name }}{% endcapture %}{{ a }}",
        "{{ 'Dear ' | append: contact.first_name }}",
        "{% for each in contact.tags %}{{ each }}{% endfor %}",
        "{{ contact.tags }}",
        "{{ contact.tags | join: ', ' }}",
        "{{ contact.traits.books }}",
    ],
)
def test_html_in_what_somebody_wrote_of_themselves_is_escaped_whatever_the_filter(way: str) -> None:
    bad = "<img src=x onerror=alert(1)>"
    found = written(block(f"{way}"), mode="mjml", first_name=bad, tags=[bad], traits={"books": bad})
    assert "<img src=x" not in found.html
    assert "&lt;img src=x" in found.html


def test_line_breaks_and_controls_never_reach_the_subject() -> None:
    bad = "Ann\r\nBcc: all@x.example\x0b\u2028\x00x"
    assert (
        written("Hi.", "For {{ contact.first_name }}", first_name=bad).subject
        == "For Ann Bcc: all@x.example x"
    )


def test_a_missing_field_is_named_unless_it_has_a_default() -> None:
    def asked(source: str) -> str:
        template = read_template(source, "Subject")
        assert not isinstance(template, Mistakes)
        try:
            return filled(template, ANN)
        except MissingField as missing:
            return f"lacks {missing.field}"

    assert asked("{{ contact.title }}") == "lacks contact.title"
    assert asked("{{ contact.owner.name | upcase }}") == "lacks contact.owner.name"
    assert asked("{% assign a = contact.title %}{{ a }}") == "lacks contact.title"
    assert asked("{{ 'x' | append: contact.title }}") == "lacks contact.title"
    assert asked("{{ contact.title | upcase | default: 'reader' }}") == "reader"
    assert asked("{{ contact.title | default: contact.first_name }}") == "Ann"
    assert asked("{{ contact.title | default: contact.seniority }}") == "lacks contact.seniority"
    assert asked("{% if contact.title %}{{ contact.title }}{% else %}none{% endif %}") == "none"
    assert asked("{% if contact.owner.name == 'x' or contact.rank > 3 %}a{% else %}b{% endif %}") == "b"
    assert asked("{% for each in contact.nothing %}x{% else %}none{% endfor %}") == "none"


def test_mistakes_say_the_line_and_what_would_be_right() -> None:
    assert mistakes("One\n{{ contact.frist_name }}") == [
        "Content, line 2: There is no contact.frist_name. Did you mean contact.first_name?"
    ]
    assert mistakes("\n\n{{ contact.email | upcse }}") == [
        "Content, line 3: There is no filter upcse. Did you mean | upcase?"
    ]
    assert mistakes("a\n{% iff contact.email %}{% endif %}") == [
        "Content, line 2: There is no {% iff %} in mails. Did you mean {% if %}?"
    ]
    assert mistakes("{% if contact.email %}") == [
        "Content, line 1: {% if %} is never ended. It ends with {% endif %}."
    ]
    assert mistakes("x {{ contact.email", "") == [
        "Subject: It is empty. Nobody opens a mail without one.",
        "Content, line 1: {{ is never closed. It ends with }}.",
    ]
    assert mistakes("{{ contact.company }}") == [
        "Content, line 1: contact.company is several things. It has contact.company.name, contact.company.industry,"
        " contact.company.employees, contact.company.domain, contact.company.country."
    ]


def test_dates_are_written_in_the_language_of_the_mail() -> None:
    template = read_template("{{ today | date: '%A, %-d %B %Y' }}", "Subject")
    assert not isinstance(template, Mistakes)
    assert filled(template, {**ANN, "language": "de"}) == "Dienstag, 3 März 2026"
    assert filled(template, {**ANN, "language": "en"}) == "Tuesday, 3 March 2026"


def test_fields_are_told_with_whether_they_are_written_and_have_a_default() -> None:
    source = "{{ contact.email }}\n{% if contact.score > 3 %}{{ contact.title | default: 'x' }}{% endif %}"
    template = read_template(source, "Content")
    assert not isinstance(template, Mistakes)
    found = {(each.path, each.line, each.written, each.has_default) for each in fields_of(template, source)}
    assert found == {
        ("contact.email", 1, True, False),
        ("contact.score", 2, False, False),
        ("contact.title", 2, True, True),
    }


def test_only_plain_data_comes_through() -> None:
    class Alive:
        secret = "x"

    deep: object = "end"
    for _ in range(10):
        deep = {"in": deep}
    found = plain(
        {"a": Alive(), "b": [Alive(), 1], "c": "x" * 9_000, "d": deep, "e": None, "f": "", "g": "a\x00b"}
    )
    assert found == {"b": [1], "c": "x" * 2_000, "d": {"in": {}}, "g": "ab"}
