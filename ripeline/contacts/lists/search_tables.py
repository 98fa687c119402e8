"""What the lists stand on in the database: search by any part of a word, and a standing for every contact.

SQLite: an FTS5 trigram index that keeps no text of its own, fed by triggers. Its lines begin and end with a line
break, so that "begins with" and "is exactly" are searches for a part too. PostgreSQL: trigram indexes (pg_trgm).

A contact without a Standing would be missing from every list that is sorted by one; the trigger makes the empty
row that `timeline.record` would otherwise make at the first touch, and each list is one plain join.

`installing.complete_database` makes them after the migrations wherever `search.search_ready` misses them: on SQLite a
migration that alters ripeline_contact or ripeline_company makes the table anew, and with it drops the triggers.
"""
# ruff: noqa: S608 - the only parts are the constants below

from __future__ import annotations

import logging

from django.db import Error, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

log = logging.getLogger(__name__)

STANDING = "INSERT INTO ripeline_standing (contact_id, stage, score, heat, status, suspended) VALUES"

TAG_LINES = "(SELECT char(10) || group_concat(value, char(10)) || char(10) FROM json_each({row}.tags))"
CONTACT_LINES = "char(10) || {row}.search_text || char(10)"
COMPANY_LINES = "char(10) || {row}.search_text || char(10)"

SQLITE = [
    """CREATE VIRTUAL TABLE IF NOT EXISTS ripeline_contact_search
       USING fts5(words, tags, content='', tokenize='trigram')""",
    """CREATE VIRTUAL TABLE IF NOT EXISTS ripeline_company_search
       USING fts5(words, content='', tokenize='trigram')""",
    f"""CREATE TRIGGER ripeline_contact_search_added AFTER INSERT ON ripeline_contact BEGIN
       INSERT INTO ripeline_contact_search (rowid, words, tags)
       VALUES (new.id, {CONTACT_LINES.format(row="new")}, {TAG_LINES.format(row="new")}); END""",
    f"""CREATE TRIGGER ripeline_contact_search_gone AFTER DELETE ON ripeline_contact BEGIN
       INSERT INTO ripeline_contact_search (ripeline_contact_search, rowid, words, tags)
       VALUES ('delete', old.id, {CONTACT_LINES.format(row="old")}, {TAG_LINES.format(row="old")}); END""",
    f"""CREATE TRIGGER ripeline_contact_search_changed AFTER UPDATE OF search_text, tags
       ON ripeline_contact WHEN old.search_text <> new.search_text OR old.tags <> new.tags BEGIN
       INSERT INTO ripeline_contact_search (ripeline_contact_search, rowid, words, tags)
       VALUES ('delete', old.id, {CONTACT_LINES.format(row="old")}, {TAG_LINES.format(row="old")});
       INSERT INTO ripeline_contact_search (rowid, words, tags)
       VALUES (new.id, {CONTACT_LINES.format(row="new")}, {TAG_LINES.format(row="new")}); END""",
    f"""CREATE TRIGGER ripeline_contact_stands AFTER INSERT ON ripeline_contact BEGIN
       {STANDING} (new.id, '', 0, -1e9, 'active', 0) ON CONFLICT (contact_id) DO NOTHING; END""",
    f"""INSERT INTO ripeline_contact_search (rowid, words, tags)
       SELECT c.id, {CONTACT_LINES.format(row="c")}, {TAG_LINES.format(row="c")} FROM ripeline_contact c""",
    """INSERT INTO ripeline_standing (contact_id, stage, score, heat, status, suspended)
       SELECT id, '', 0, -1e9, 'active', 0 FROM ripeline_contact WHERE merged_into_id IS NULL
       ON CONFLICT (contact_id) DO NOTHING""",
]

# {old}, {new} and {c} stand for the lines of a company's row.
SQLITE_COMPANY = [
    """CREATE TRIGGER ripeline_company_search_added AFTER INSERT ON ripeline_company BEGIN
       INSERT INTO ripeline_company_search (rowid, words) VALUES (new.id, {new}); END""",
    """CREATE TRIGGER ripeline_company_search_gone AFTER DELETE ON ripeline_company BEGIN
       INSERT INTO ripeline_company_search (ripeline_company_search, rowid, words)
       VALUES ('delete', old.id, {old}); END""",
    """CREATE TRIGGER ripeline_company_search_changed AFTER UPDATE ON ripeline_company
       WHEN {old} <> {new} BEGIN
       INSERT INTO ripeline_company_search (ripeline_company_search, rowid, words) VALUES ('delete', old.id, {old});
       INSERT INTO ripeline_company_search (rowid, words) VALUES (new.id, {new}); END""",
    """INSERT INTO ripeline_company_search (rowid, words) SELECT c.id, {c} FROM ripeline_company c""",
]

SQLITE_GONE = [
    "DROP TRIGGER IF EXISTS ripeline_contact_stands",
    *(
        f"DROP TRIGGER IF EXISTS ripeline_{table}_search_{event}"
        for table in ("contact", "company")
        for event in ("added", "gone", "changed")
    ),
    "DROP TABLE IF EXISTS ripeline_contact_search",
    "DROP TABLE IF EXISTS ripeline_company_search",
]

POSTGRES = [
    """CREATE INDEX IF NOT EXISTS contact_tags ON ripeline_contact USING gin (tags jsonb_path_ops)""",
    f"""CREATE OR REPLACE FUNCTION ripeline_contact_stands() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       {STANDING} (new.id, '', 0, -1e9, 'active', false) ON CONFLICT (contact_id) DO NOTHING; RETURN NULL; END $$""",
    """CREATE OR REPLACE TRIGGER ripeline_contact_stands AFTER INSERT ON ripeline_contact
       FOR EACH ROW EXECUTE FUNCTION ripeline_contact_stands()""",
    """INSERT INTO ripeline_standing (contact_id, stage, score, heat, status, suspended)
       SELECT id, '', 0, -1e9, 'active', false FROM ripeline_contact WHERE merged_into_id IS NULL
       ON CONFLICT (contact_id) DO NOTHING""",
]

POSTGRES_TRIGRAMS = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS contact_words ON ripeline_contact USING gin (search_text gin_trgm_ops)",
    "CREATE INDEX IF NOT EXISTS company_words ON ripeline_company USING gin (search_text gin_trgm_ops)",
]

POSTGRES_GONE = [
    "DROP TRIGGER IF EXISTS ripeline_contact_stands ON ripeline_contact",
    "DROP FUNCTION IF EXISTS ripeline_contact_stands()",
    "DROP INDEX IF EXISTS contact_tags",
    "DROP INDEX IF EXISTS contact_words",
    "DROP INDEX IF EXISTS company_words",
]


def make_search(connection: BaseDatabaseWrapper) -> None:
    """Makes the indexes, tables and triggers anew, and indexes everybody there is."""
    drop_search(connection)
    if connection.vendor == "sqlite":
        rows = {row: COMPANY_LINES.format(row=row) for row in ("old", "new", "c")}
        for statement in [*SQLITE, *(each.format(**rows) for each in SQLITE_COMPANY)]:
            _run(connection, statement)
        return
    for statement in POSTGRES:
        _run(connection, statement)
    try:
        with transaction.atomic(using=connection.alias):
            for statement in POSTGRES_TRIGRAMS:
                _run(connection, statement)
    except Error as error:
        # Searching then reads every row: slow but right. `search_ready` says what to do.
        log.warning("Searching will read every contact: no trigram indexes here (%s).", error)


def drop_search(connection: BaseDatabaseWrapper) -> None:
    """Takes all of it away; the empty standings stay."""
    for statement in SQLITE_GONE if connection.vendor == "sqlite" else POSTGRES_GONE:
        _run(connection, statement)


def _run(connection: BaseDatabaseWrapper, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
