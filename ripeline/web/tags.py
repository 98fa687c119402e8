"""Template tags and filters that every page may use; built in, so no page loads them.

They build their few words of HTML with `format_html` rather than with templates of their own: a list of a
hundred people asks for them a thousand times.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Protocol

from django import template
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.forms import BaseForm, BoundField
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ripeline.lifecycle.touch import KINDS, TWO_WAY
from ripeline.web import words
from ripeline.web.charts import Spec, table_of
from ripeline.web.icons import ICONS
from ripeline.web.shapes import house_mark, stage_glyph, stage_slot, touch_shape

register = template.Library()
NOTHING = format_html('<span class="mute">{}</span>', "–")
RATING_ICONS = {"hot": "flame", "warm": "temperature", "cold": "snowflake"}


class StageLike(Protocol):
    """What a chip needs of a stage."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...


class PlaybookLike(Protocol):
    """What a chip needs of a playbook."""

    @property
    def stages(self) -> Sequence[StageLike]: ...


@register.simple_tag
@cache
def asset(path: str) -> str:
    """The address of one of our static files, with its content in it, so that a change is fetched at once."""
    found = finders.find(path)
    if not found:
        raise LookupError(f"There is no static file {path} under ripeline/web/static/.")
    with open(str(found), "rb") as file:
        return f"{static(path)}?v={hashlib.file_digest(file, 'sha256').hexdigest()[:10]}"


@register.simple_tag
@cache
def vendor(name: str) -> str:
    """The address of a file from npm, by its own name: `tabler.min.css`."""
    manifest = finders.find("vendor/manifest.json")
    if not manifest:
        raise LookupError("The front-end files are not here yet. Run: ripeline assets")
    with open(str(manifest), encoding="utf-8") as file:
        return asset(json.load(file)[name])


@register.simple_tag
def mark() -> SafeString:
    """The mark of the house."""
    return house_mark()


@register.simple_tag
@lru_cache(maxsize=512, typed=True)
def icon(name: str, label: str = "") -> SafeString:
    """One of `icons.ICONS`; with a label where it stands alone."""
    if name not in ICONS:
        raise LookupError(f"There is no icon '{name}' in ripeline/web/icons.py.")
    return format_html(
        '<svg class="icon" {}><use href="{}#{}"/></svg>',
        format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"'),
        vendor("icons.svg"),
        name,
    )


@register.simple_tag
def stage(playbook: PlaybookLike, key: str | None, glyph: bool = False) -> SafeString:
    """The chip of a stage: glyph and title in its colour. A key the playbook no longer has is shown bare."""
    if key is None:
        return NOTHING
    for index, each in enumerate(playbook.stages):
        if each.key == key:
            return _chip(each.title, index, len(playbook.stages), glyph)
    return format_html('<span class="stage stage-gone" title="Not a stage of this playbook">{}</span>', key)


@register.simple_tag
def stage_class(playbook: PlaybookLike, key: str) -> str:
    """`stage-3`: sets `--stage` and `--stage-wash` to the colours of a stage for whatever is inside."""
    keys = [each.key for each in playbook.stages]
    return f"stage-{stage_slot(keys.index(key), len(keys))}" if key in keys else "stage-gone"


@register.simple_tag
@lru_cache(maxsize=64, typed=True)
def rating(key: str | None) -> SafeString:
    """Hot, warm or cold by word and glyph."""
    if not key:
        return NOTHING
    name = RATING_ICONS.get(key, "point")
    return format_html('<span class="rating rating-{}">{}{}</span>', key, icon(name), _title(key))


@register.simple_tag
def grade(letter: str | None) -> SafeString:
    """The fit grade, A to F."""
    if not letter:
        return NOTHING
    return format_html('<span class="grade grade-{}" title="Fit grade {}">{}</span>', letter, letter, letter)


@register.simple_tag
def score(value: float | None, max: float = 100, threshold: float | None = None) -> SafeString:
    """The score and a bar of it; `threshold` is marked on the bar."""
    if value is None:
        return NOTHING
    notch: SafeString | str = ""
    if threshold is not None:
        notch = format_html('<i class="notch" style="left:{}%"></i>', f"{_share(threshold, max):.1f}")
    bar = format_html('<i class="fill" style="width:{}%"></i>', f"{_share(value, max):.1f}")
    return format_html(
        '<span class="score"><b>{}</b><span class="score-bar" aria-hidden="true">{}{}</span></span>',
        words.say_points(value),
        bar,
        notch,
    )


@register.simple_tag
def avatar(who: object) -> SafeString:
    """Initials in a pale round, beside a name that is said in full."""
    name = str(who or "")
    return format_html(
        '<span class="face face-{}" aria-hidden="true">{}</span>',
        sum(map(ord, name)) % 6,
        words.initials(name),
    )


@register.simple_tag
def touch_icon(kind: str, direction: str = "", actor: str = "") -> SafeString:
    """One-way: an arrow in or out. Two-way: two arrows meeting. Our own books: a dot. A machine's is pale."""
    shape = "two-way" if kind in TWO_WAY else direction or KINDS.get(kind, "internal")
    said = {"in": "from them", "out": "from us", "two-way": "two-way", "internal": "our own note"}[shape]
    pale = " by-machine" if actor == "machine" else ""
    title = f"{said}, by a machine" if pale else said
    return format_html(
        '<span class="touch-mark touch-{}{}" title="{}">{}<span class="visually-hidden">{}</span></span>',
        shape,
        pale,
        _title(title),
        touch_shape(shape),
        title,
    )


@register.simple_tag
def keyhint(keys: str) -> SafeString:
    """Keys to press, as keys."""
    return format_html_join(" ", "<kbd>{}</kbd>", ((key,) for key in keys.split()))


@register.simple_tag
def progress(done: float, total: float, said: str = "") -> SafeString:
    """A bar of how far something is; `said` is its text and is read aloud."""
    share = _share(done, total)
    text = said or words.say_percent(share / 100)
    return format_html(
        '<span class="far"><progress max="100" value="{}" aria-label="{}"></progress><span>{}</span></span>',
        f"{share:.1f}",
        text,
        text,
    )


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: object) -> str:
    """The present query string with changes; None takes a name out. For links that keep the other filters."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.inclusion_tag("web/components/sort_link.html", takes_context=True)
def sort_link(context: template.Context, name: str, title: str, start: str = "") -> dict[str, object]:
    """A column's head that sorts by it, then the other way round. `start` is the order without asking."""
    now = context["request"].GET.get("sort", start)
    return {
        "title": title,
        "url": query_with(
            context, sort=f"-{name}" if now == name else name, after=None, before=None, page=None
        ),
        "order": {name: "up", f"-{name}": "down"}.get(now, ""),
    }


@register.simple_tag
def undo_of(message: Message) -> str:
    """The address that undoes what a message tells of, or ""."""
    tags = str(message.extra_tags or "")
    return tags.removeprefix("undo:") if tags.startswith("undo:/") else ""


@register.inclusion_tag("web/components/empty.html")
def empty(
    title: str, sentence: str = "", url: str = "", action: str = "", icon_name: str = ""
) -> dict[str, str]:
    """What stands where there is nothing yet: what it would be, and what to do next."""
    return {"title": title, "sentence": sentence, "url": url, "action": action, "icon_name": icon_name}


@register.inclusion_tag("web/components/pages.html")
def pages(newer: str | None = None, older: str | None = None, said: str = "") -> dict[str, str | None]:
    """Newer and older, by cursor; None where there is no more."""
    return {"newer": newer, "older": older, "said": said}


@register.inclusion_tag("web/components/crumbs.html")
def crumbs(url: str, title: str) -> dict[str, str]:
    """The way back to the list."""
    return {"url": url, "title": title}


@register.inclusion_tag("web/components/field.html")
def field(bound: BoundField, label: str = "", said: str = "") -> dict[str, object]:
    """A form's field: label, control, help and what is wrong with it. `said` stands in for a help too long."""
    kind = getattr(bound.field.widget, "input_type", "")
    classes = {"select": "form-select", "checkbox": "form-check-input", "radio": ""}.get(kind, "form-control")
    wrong = " is-invalid" if bound.errors else ""
    attrs: dict[str, str | bool] = {"class": f"{classes}{wrong}"}
    if type(bound.form).__module__.startswith("allauth."):
        attrs["placeholder"] = False  # there it only repeats the label
    widget = bound.as_widget(attrs=attrs)
    return {
        "field": bound,
        "label": label or bound.label,
        "widget": widget,
        "help": said or bound.help_text,
        "is_check": kind == "checkbox",
        "may_be_empty": not bound.field.required and kind not in ("checkbox", "select"),
    }


@register.inclusion_tag("web/components/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, object]:
    """What is wrong with a form as a whole."""
    return {"form": form}


@register.inclusion_tag("web/components/chart.html")
def chart(name: str, spec: Spec, told: bool = False) -> dict[str, Any]:
    """A chart, and the table that says the same; see `charts.Spec`. `told`: the page has such a table beside it."""
    return {
        "told": told,
        "name_id": f"chart-{name}",
        "spec": spec,
        "height": spec.get("height", 240),
        "table": table_of(spec),
    }


@register.inclusion_tag("web/components/chart_scripts.html")
def chart_scripts() -> dict[str, object]:
    """What draws the charts of a page; goes into its block `scripts`."""
    return {}


@register.filter
def ago(moment: words.Moment | None) -> SafeString:
    """3 days ago, with the exact moment on hover."""
    if moment is None:
        return format_html('<span class="mute">{}</span>', "never")
    then, zone = words.moment_of(moment), timezone.get_current_timezone()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        then.isoformat(timespec="seconds"),
        words.say_exact(then, zone),
        words.say_ago(then, timezone.now(), zone),
    )


@register.filter
def exact(moment: words.Moment | None) -> SafeString:
    """3 March 2026, 14:05, in the reader's zone."""
    return _time(moment, words.say_exact)


@register.filter
def day(moment: words.Moment | None) -> SafeString:
    """3 March 2026, in the reader's zone, with the time on hover."""
    return _time(moment, words.say_day)


@register.filter
def number(value: float | None, decimals: int = 0) -> str:
    """12,345."""
    return "–" if value is None else words.say_number(value, decimals)


@register.filter
def points(value: float | None) -> str:
    """A score's figures: 34 or 34.2."""
    return "–" if value is None else words.say_points(value)


@register.filter
def percent(share: float | None, decimals: int = 0) -> str:
    """0.123 -> 12%."""
    return "–" if share is None else words.say_percent(share, decimals)


@register.filter
def money(amount: float | None, currency: str = "EUR") -> str:
    """€1,250."""
    return "–" if amount is None else words.say_money(amount, currency)


@register.filter
def change(value: float | None) -> SafeString:
    """+12 or −3, with a shape as well as a sign."""
    if value is None:
        return NOTHING
    way = "up" if value > 0 else "down" if value < 0 else "level"
    return format_html('<span class="change change-{}">{}</span>', way, words.say_change(value))


@register.filter
def kind_words(kind: str) -> str:
    """Page viewed, for `page_viewed`; VP, for `vp`."""
    return "VP" if kind == "vp" else _title(kind.replace("_", " "))


@register.filter
def get(mapping: Mapping[object, object], key: object) -> object:
    """The value under a key that is itself a variable; None without it."""
    return mapping.get(key)


# Typed: text that is safe and the same text that is not must never share an entry.
@lru_cache(maxsize=256, typed=True)
def _chip(title: str, index: int, count: int, glyph_alone: bool) -> SafeString:
    said: SafeString | str = (
        format_html('<span class="visually-hidden">{}</span>', title) if glyph_alone else title
    )
    return format_html(
        '<span class="stage stage-{}{}" title="{}">{}{}</span>',
        stage_slot(index, count),
        " stage-bare" if glyph_alone else "",
        title,
        stage_glyph(index, count),
        said,
    )


def _time(moment: words.Moment | None, say: Any) -> SafeString:
    if moment is None:
        return NOTHING
    then, zone = words.moment_of(moment), timezone.get_current_timezone()
    stamp = then.isoformat(timespec="seconds")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', stamp, words.say_exact(then, zone), say(then, zone)
    )


def _share(part: float, whole: float) -> float:
    return max(0.0, min(100.0, 100 * part / whole)) if whole else 0.0


def _title(said: str) -> str:
    return said[:1].upper() + said[1:].replace("_", " ")
