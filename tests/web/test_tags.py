"""What the tags write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.messages.storage.base import Message
from django.template import Context, Engine, RequestContext
from django.test import RequestFactory
from django.utils import timezone

from ripeline.web import tags
from ripeline.web.charts import table_of
from ripeline.web.shapes import stage_glyph, stage_slot

pytestmark = pytest.mark.pure


@dataclass(frozen=True)
class Stage:
    key: str
    title: str


@dataclass(frozen=True)
class Playbook:
    stages: tuple[Stage, ...]


THREE = Playbook((Stage("suspect", "Suspect"), Stage("mql", "MQL <b>"), Stage("customer", "Customer")))


def render(source: str, **context: Any) -> str:
    return Engine.get_default().from_string(source).render(Context(context)).strip()


def test_a_stage_is_told_by_word_colour_and_glyph() -> None:
    said = render('{% stage playbook "mql" %}', playbook=THREE)
    assert "stage-1" in said
    assert "MQL &lt;b&gt;" in said
    assert "<svg" in said
    assert "<b>" not in said


def test_a_stage_that_the_playbook_no_longer_has_is_shown_by_its_key() -> None:
    said = render("{% stage playbook key %}", playbook=THREE, key="<old>")
    assert "stage-gone" in said
    assert "&lt;old&gt;" in said


def test_the_glyph_alone_still_says_its_stage() -> None:
    said = render('{% stage playbook "customer" glyph=True %}', playbook=THREE)
    assert '<span class="visually-hidden">Customer</span>' in said


@pytest.mark.parametrize(
    ("count", "slots"), [(1, [0]), (2, [0, 7]), (5, [0, 1, 2, 3, 7]), (10, [0, 1, 2, 3, 4, 5, 6, 6, 6, 7])]
)
def test_beginning_and_goal_have_the_same_colours_in_every_playbook(count: int, slots: list[int]) -> None:
    assert [stage_slot(index, count) for index in range(count)] == slots


def test_the_stages_of_a_playbook_have_different_glyphs() -> None:
    for count in range(2, 9):
        assert len({stage_glyph(index, count) for index in range(count)}) == count


@pytest.mark.parametrize(
    ("asked", "shape", "said"),
    [
        ('"page_viewed"', "touch-in", "from them"),
        ('"email_sent"', "touch-out", "from us"),
        ('"call_held"', "touch-two-way", "two-way"),
        ('"stage_set"', "touch-internal", "our own note"),
        ('"page_viewed" direction="out"', "touch-out", "from us"),
        ('"never_heard_of" direction="in"', "touch-in", "from them"),
    ],
)
def test_one_way_and_two_way_touches_differ_in_shape_and_word(asked: str, shape: str, said: str) -> None:
    drawn = render("{% touch_icon " + asked + " %}")
    assert f'class="touch-mark {shape}"' in drawn
    assert f'<span class="visually-hidden">{said}</span>' in drawn


def test_a_machines_touch_is_pale_and_says_so() -> None:
    drawn = render('{% touch_icon "link_clicked" actor="machine" %}')
    assert "by-machine" in drawn
    assert "by a machine" in drawn


def test_the_four_shapes_of_touches_are_different_drawings() -> None:
    drawn = {tags.touch_shape(shape) for shape in ("in", "out", "two-way", "internal")}
    assert len(drawn) == 4


def test_ago_shows_the_exact_time_on_hover_in_the_readers_zone() -> None:
    with timezone.override("Asia/Tokyo"):
        said = render("{{ moment|ago }}", moment=datetime(2020, 3, 3, 11, 0, tzinfo=UTC))
    assert 'datetime="2020-03-03T11:00:00+00:00"' in said
    assert 'title="3 March 2020, 20:00"' in said
    assert said.endswith("years ago</time>")


def test_nothing_is_said_for_what_is_not_known() -> None:
    assert "never" in render("{{ none|ago }}", none=None)
    assert "–" in render("{% score none %}", none=None)
    assert "–" in render("{{ none|money }}", none=None)


def test_what_people_typed_is_escaped_everywhere() -> None:
    evil = "<script>alert(1)</script>"
    source = """{% avatar evil %}{% rating evil %}{% grade evil %}{% empty evil evil evil evil %}{% crumbs evil evil %}
        {{ evil|kind_words }}{% keyhint evil %}{% touch_icon evil direction="in" %}{% progress 1 2 evil %}
        {% stage playbook evil %}{% chart "x" spec %}"""
    spec = {
        "kind": "bar",
        "title": evil,
        "x_title": evil,
        "x": [evil],
        "series": [{"name": evil, "data": [1]}],
    }
    said = render(source, evil=evil, playbook=THREE, spec=spec)
    assert "<script>alert" not in said
    assert said.count("<script") == 1  # the chart's JSON, which no browser runs


def test_a_score_bar_never_leaves_its_box() -> None:
    assert "width:100.0%" in render("{% score 250 %}")
    assert "width:0.0%" in render("{% score -5 %}")
    assert "left:30.0%" in render("{% score 10 threshold=30 %}")


def test_a_link_keeps_the_other_filters() -> None:
    context = RequestContext(RequestFactory().get("/contacts/?stage=mql&after=abc&q=a%26b"), {})
    made = Engine.get_default().from_string('{% query_with stage="lead" after=None %}').render(context)
    assert made == "?q=a%26b&amp;stage=lead"


def test_a_sorted_column_turns_round_and_forgets_the_cursor() -> None:
    source = Engine.get_default().from_string('{% sort_link "score" "Score" "-score" %}')
    fresh = source.render(RequestContext(RequestFactory().get("/c/?after=x"), {}))
    assert 'href="?sort=score"' in fresh
    assert "sorted downwards" in fresh
    turned = source.render(RequestContext(RequestFactory().get("/c/?sort=score"), {}))
    assert 'href="?sort=-score"' in turned


@pytest.mark.parametrize(
    ("tag", "address"),
    [("undo:/moves/5/undo", "/moves/5/undo"), ("undo:https://evil.example", ""), ("", ""), (None, "")],
)
def test_undo_leads_only_to_this_site(tag: str | None, address: str) -> None:
    assert tags.undo_of(Message(25, "Moved", extra_tags=tag)) == address


def test_a_missing_icon_or_file_is_said_at_once() -> None:
    with pytest.raises(LookupError, match="no icon 'unicorn'"):
        tags.icon("unicorn")
    with pytest.raises(LookupError, match=r"no static file web/none\.js"):
        tags.asset("web/none.js")


def test_the_table_of_a_chart_says_every_number_of_it() -> None:
    spec: Any = {
        "kind": "line", "title": "t", "x_title": "Week", "x": ["W1", "W2"], "unit": "share",
        "series": [{"name": "A", "data": [0.5, None]}, {"name": "B", "data": [1]}],
    }  # fmt: skip
    table = table_of(spec)
    assert table.heads == ("Week", "A", "B")
    assert table.rows == (("W1", "50.0%", "100.0%"), ("W2", "–", "–"))


def test_a_level_of_seniority_reads_as_people_write_it() -> None:
    assert render("{{ a|kind_words }} {{ b|kind_words }}", a="vp", b="head") == "VP Head"
