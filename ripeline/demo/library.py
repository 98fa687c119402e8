"""The demo company's library and landing pages. Who downloaded what stands in the year of touches; this adds the files,
and what was seen of the pages by people nobody has a name for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from django.db import transaction

from ripeline.capture.forms.definition import Definition
from ripeline.capture.forms.making import Refused, make_form
from ripeline.capture.forms.making import publish as publish_form
from ripeline.capture.forms.returning import own_origin
from ripeline.capture.landing.content import Content
from ripeline.capture.landing.keeping import add_version, make_page, publish
from ripeline.capture.landing.models import LandingPage, PageCount, PageSplit, PageVersion, SplitVisit
from ripeline.capture.landing.splits import start_split
from ripeline.capture.library.keeping import Written, keep_asset
from ripeline.capture.library.models import Asset
from ripeline.demo.forms import load_sent
from ripeline.lifecycle.written import read_yaml
from ripeline.people.models import User
from ripeline.timeline.models import Touch

TABLE = Path(__file__).with_name("library.yaml")
SEEN_FOR_EACH = (2, 6)
"""Of each who took what a page offers: how many saw the page on that day, and left."""
SPLIT_DAYS, A_DAY, RATES = 24, 58, (0.10, 0.118)
"""The comparison that runs: since when, people a day, and how many of either reach the aim."""


def load_library(seed: int, users: Mapping[str, User], *, now: datetime) -> None:
    """Makes the assets and pages, in one transaction; nothing where they are there already."""
    with transaction.atomic():
        if Asset.objects.exists():
            return
        table = read_yaml(TABLE.read_text(encoding="utf-8")).plain
        by, since = users["jonas"], now - timedelta(days=365)
        form = make_form(
            "Something from the library",
            Definition.model_validate(table["form"]),
            by=by,
            now=since,
            key="library",
        )
        if isinstance(done := publish_form(form, by=by, now=since), Refused):
            raise ValueError(" ".join(done.why))
        for key, row in table["assets"].items():
            _load_asset(key, row, by, since)
        behind = [key for key, row in table["assets"].items() if row.get("gated")]
        load_sent(Random(f"{seed} library"), form, _first_taken(behind))
        for slug, row in table["pages"].items():
            _load_page(Random(f"{seed} {slug}"), slug, row, by, now)


def _load_asset(key: str, row: Mapping[str, Any], by: User, since: datetime) -> None:
    file = BytesIO(paper(row["title"], row.get("summary", ""))) if "address" not in row else None
    if file is not None:
        file.name = f"{key}.pdf"
    said = Written(
        title=row["title"],
        kind=row["kind"],
        content_stage=row["stage"],
        key=key,
        personas=tuple(row["personas"]),
        language="en",
        summary=row.get("summary", ""),
        form="library" if row.get("gated") else "",
        address=row.get("address", ""),
        file=file,
        media_type="application/pdf",
    )
    keep_asset(None, said, by=by, now=since)


def _first_taken(keys: Sequence[str]) -> list[Touch]:
    """Each first download of a known contact, of assets behind a form: it came of sending that."""
    rows = Touch.objects.filter(
        kind="asset_downloaded", subject__in=keys, contact__isnull=False, actor="human"
    )
    found: dict[tuple[int | None, str | None], Touch] = {}
    for each in rows.select_related("contact__company").order_by("at", "pk"):
        found.setdefault((each.contact_id, each.subject), each)
    return list(found.values())


def _load_page(rng: Random, slug: str, row: Mapping[str, Any], by: User, now: datetime) -> None:
    taken = Touch.objects.filter(kind="asset_downloaded", subject=row["of"])
    days = Counter(at.astimezone(UTC).date() for at in taken.values_list("at", flat=True))
    content = Content.model_validate(row["content"])
    page = make_page(slug, content, by=by, now=now - timedelta(days=365))
    version = publish(page, by=by, now=now - timedelta(days=360))
    if not isinstance(version, PageVersion):
        raise ValueError(" ".join(version.why))
    PageCount.objects.bulk_create(_counts(rng, page, version.number, days))
    if "other" in row:
        other = add_version(
            page, content.model_copy(update=row["other"]), by=by, now=now - timedelta(days=SPLIT_DAYS)
        )
        _load_split(rng, page, other, by, now)


def _counts(rng: Random, page: LandingPage, number: int, days: Mapping[date, int]) -> Iterator[PageCount]:
    for day, reached in sorted(days.items()):
        seen = reached + sum(rng.randint(*SEEN_FOR_EACH) for _ in range(reached))
        for what, actor, count in (
            (PageCount.What.SEEN, "human", seen),
            (PageCount.What.SEEN, "machine", rng.randint(0, 1 + seen // 4)),
            (PageCount.What.REACHED, "human", reached),
        ):
            if count:
                yield PageCount(page=page, number=number, day=day, what=what, actor=actor, count=count)


def _load_split(rng: Random, page: LandingPage, other: PageVersion, by: User, now: datetime) -> None:
    start = now - timedelta(days=SPLIT_DAYS)
    split = start_split(page, other, base=0.1, wished=0.14, by=by, now=start)
    if not isinstance(split, PageSplit):
        raise ValueError(" ".join(split.why))
    visits = []
    for number in range(SPLIT_DAYS * A_DAY):
        at = start + timedelta(days=SPLIT_DAYS) * (number / (SPLIT_DAYS * A_DAY))
        is_other = rng.random() < 0.5
        has_reached = rng.random() < RATES[is_other]
        visits.append(
            SplitVisit(
                split=split,
                who=f"{rng.getrandbits(128):032x}",
                is_other=is_other,
                actor="machine" if rng.random() < 0.07 else "human",
                at=at,
                reached_at=at + timedelta(minutes=rng.randint(1, 30)) if has_reached else None,
            )
        )
    SplitVisit.objects.bulk_create(visits)


def paper(title: str, summary: str) -> bytes:
    """A PDF of one page that says what it is and that it is the demo's."""
    lines = [title, summary, "This is a page of Ripeline's demo company.", own_origin()]
    text = " ".join(
        f"BT /F1 {28 if place == 0 else 14} Tf 60 {700 - 60 * place} Td ({_escaped(line)}) Tj ET"
        for place, line in enumerate(lines)
        if line
    )
    stream = text.encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    made, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
