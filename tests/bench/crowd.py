"""A crowd of made-up people for the benchmarks: contacts with standings and touches, written as rows in bulk.

The standings are drawn, not folded: what a list costs does not depend on how they came about. What matters is kept
as in life: common and rare values, ratings that go with heat, people never heard, names that share their parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import connection, transaction

from ripeline.kit.folding import fold_words
from ripeline.kit.instants import EPOCH
from ripeline.people.models import User
from ripeline.timeline.heat import NO_HEAT

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CHUNK = 20_000
HALF_LIFE = 30

FIRST = "Anna Maria Jan Lotte Pieter Sofia Tom Eva Lucas Emma Noor Daan Clara Hugo Ines Bram Zoë Karim Yara".split()
ENDS = "berg veld man sen dorp huis stra kamp hoven poel brink laar mans sma ink ga".split()
STARTS = "Zand Oster Wester Groen Ber Hol Nieu Lind Kra Vo Hei Klein Groot Schre Tim Boer Wal Sten Rijn Maas".split()
MIDDLES = "en er el ing an on ar ol".split()
PLACES = "nl be de fr at dk se es".split()
SOURCES = (
    "organic",
    "newsletter",
    "webinar",
    "ads",
    "referral",
    "fair",
    "partner",
    "podcast",
    "import",
    "press",
)
SOURCE_SHARE = (0.3, 0.2, 0.15, 0.12, 0.1, 0.06, 0.04, 0.02, 0.0098, 0.0002)
STAGES = ("suspect", "lead", "mql", "sql", "customer")
STAGE_SHARE = (0.35, 0.4, 0.12, 0.05, 0.08)
GRADES = ("A", "B", "C", "D", "F", None)
GRADE_SHARE = (0.05, 0.1, 0.2, 0.3, 0.25, 0.1)
PERSONAS = ("self_publisher", "aspiring_author", "publishing_house", "press", "marketer", None)
PERSONA_SHARE = (0.2, 0.25, 0.1, 0.002, 0.048, 0.4)
TAGS = (["newsletter"], ["vip", "newsletter"], ["beta"], [])
TAG_SHARE = (0.2, 0.005, 0.0001, 0.7949)
KINDS = ("page_viewed", "email_opened", "email_clicked", "form_submitted", "email_sent", "asset_downloaded")

Row = Sequence[object]


def fill(contacts: int, touches: int, *, seed: int = 7) -> None:
    """Fills an empty, migrated database with `contacts` people at `contacts // 5` companies and `touches` touches."""
    draw = np.random.default_rng(seed)
    owners = _owners()
    _insert("ripeline_company", COMPANY, _companies(contacts // 5, draw))
    _insert("ripeline_contact", CONTACT, _contacts(contacts, owners, draw))
    _rewrite_standings(_standings(contacts, draw))
    _insert("ripeline_touch", TOUCH, _touches(contacts, touches, draw))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


COMPANY = (
    "id",
    "name",
    "domain",
    "industry",
    "employees",
    "country",
    "search_text",
    "created_at",
    "updated_at",
)
CONTACT = tuple(
    "id key name first_name last_name email phone title seniority company_id country language time_zone source"
    " owner_id tags traits search_text created_at updated_at".split()
)
STANDING = tuple(
    "contact_id stage entered_at score heat grade persona rating status suspended first_touch_at last_inbound_at"
    " assessed_at".split()
)
TOUCH = tuple("uid contact_id at received_at kind direction actor subject attrs".split())


def _owners() -> list[int | None]:
    users = [
        User.objects.create_user(f"sales{number}@example.org", name=f"Seller {number}", role=User.Role.SALES)
        for number in range(8)
    ]
    return [user.pk for user in users]


def _companies(count: int, draw: np.random.Generator) -> Iterator[Row]:
    for number in range(1, count + 1):
        name = f"{_word(draw)} {draw.choice(('Media', 'Press', 'Books', 'Group'))}"
        domain, employees = f"c{number}.example", int(draw.integers(1, 500))
        words = fold_words(f"{name}\n{domain}")
        yield (number, name, domain, "publishing", employees, "NL", words, NOW, NOW)


def _contacts(count: int, owners: list[int | None], draw: np.random.Generator) -> Iterator[Row]:
    owner_share = [0.2, 0.15, 0.1, 0.06, 0.05, 0.03, 0.0095, 0.0005, 0.4]
    source = draw.choice(len(SOURCES), count, p=SOURCE_SHARE)
    tags = draw.choice(len(TAGS), count, p=TAG_SHARE)
    owner = draw.choice(9, count, p=owner_share)
    company = draw.integers(1, max(2, count // 5), count)
    age = draw.integers(0, 3 * 365 * 86400, count)
    firsts, lasts, numbers = (
        draw.integers(0, len(FIRST), count),
        _words(count, draw),
        draw.integers(0, 10**8, count),
    )
    for index in range(count):
        first, last = FIRST[firsts[index]], lasts[index]
        email = f"{first}.{last}{index}@c{company[index]}.example".lower()
        phone = f"+316{numbers[index]:08d}"
        words = fold_words(f"{first} {last}\n{email}\n{phone}\n{last} media")
        created = NOW - timedelta(seconds=int(age[index]))
        yield (
            index + 1, f"k{index:031d}", f"{first} {last}", first, last, email, phone, "", "", int(company[index]),
            PLACES[index % 8].upper(), "", "", SOURCES[source[index]], (*owners, None)[owner[index]],
            json.dumps(TAGS[tags[index]]), "{}", words, created, created,
        )  # fmt: skip


def _standings(count: int, draw: np.random.Generator) -> Iterator[Row]:
    stage = draw.choice(len(STAGES), count, p=STAGE_SHARE)
    grade, persona = draw.choice(6, count, p=GRADE_SHARE), draw.choice(6, count, p=PERSONA_SHARE)
    raw = np.where(draw.random(count) < 0.3, 0, draw.exponential(12, count) * (1 + stage))
    heard, entered = draw.integers(0, 10**8, count), draw.integers(0, 10**8, count)
    silent, out = draw.random(count) < 0.25, draw.random(count) < 0.02
    today = (NOW - EPOCH).days
    heat = np.where(raw > 0, np.log2(np.maximum(raw, 1e-9)) + today / HALF_LIFE, NO_HEAT)
    for index in range(count):
        rating = "hot" if raw[index] > 90 else "warm" if raw[index] > 30 else "cold"
        yield (
            index + 1, STAGES[stage[index]], NOW - timedelta(seconds=int(entered[index])), float(raw[index]),
            float(heat[index]), GRADES[grade[index]], PERSONAS[persona[index]], rating,
            "disqualified" if out[index] else "active", False, NOW - timedelta(days=400),
            None if silent[index] else NOW - timedelta(seconds=int(heard[index])), NOW,
        )  # fmt: skip


def _touches(contacts: int, count: int, draw: np.random.Generator) -> Iterator[Row]:
    each = max(1, count // contacts)
    seconds = draw.integers(0, 10**8, count) if count else []
    for number in range(count):
        at = NOW - timedelta(seconds=int(seconds[number]))
        yield (
            f"t{number:09d}", min(number // each, contacts - 1) + 1, at, at, KINDS[number % len(KINDS)], "in",
            "human", "/pricing", "{}",
        )  # fmt: skip


def _word(draw: np.random.Generator) -> str:
    return _words(1, draw)[0]


def _words(count: int, draw: np.random.Generator) -> list[str]:
    picks = [draw.integers(0, len(parts), count) for parts in (STARTS, MIDDLES, MIDDLES, ENDS)]
    return [
        STARTS[a] + MIDDLES[b] + (MIDDLES[c] if c % 2 else "") + ENDS[d]
        for a, b, c, d in zip(*picks, strict=True)
    ]


def _insert(table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    for chunk in _chunks(rows):
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                places = ", ".join(["%s"] * len(columns))
                cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", chunk)
                continue
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for row in chunk:
                    copy.write_row(row)
    if connection.vendor == "postgresql" and "id" in columns:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


def _rewrite_standings(rows: Iterable[Row]) -> None:
    """Every contact has an empty standing from birth; ours take its place."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ripeline_standing")
    _insert("ripeline_standing", STANDING, rows)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append([_stored(cell) for cell in row])
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _stored(cell: object) -> object:
    if isinstance(cell, datetime) and connection.vendor == "sqlite":
        return connection.ops.adapt_datetimefield_value(cell)
    return cell
