"""What the first version's migration 0002 made beside the tables: its search, and a standing for every contact.

As it was, word for word: databases that look so are in use.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

STANDING = "INSERT INTO ripeline_standing (contact_id, stage, score, heat, status, suspended) VALUES"

TAG_LINES = "(SELECT char(10) || group_concat(value, char(10)) || char(10) FROM json_each({row}.tags))"
CONTACT_LINES = "char(10) || {row}.search_text || char(10)"
COMPANY_LINES = "char(10) || {row}.name || char(10) || coalesce({row}.domain, '') || char(10)"

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
    f"""CREATE TRIGGER ripeline_company_search_added AFTER INSERT ON ripeline_company BEGIN
       INSERT INTO ripeline_company_search (rowid, words) VALUES (new.id, {COMPANY_LINES.format(row="new")}); END""",
    f"""CREATE TRIGGER ripeline_company_search_gone AFTER DELETE ON ripeline_company BEGIN
       INSERT INTO ripeline_company_search (ripeline_company_search, rowid, words)
       VALUES ('delete', old.id, {COMPANY_LINES.format(row="old")}); END""",
    f"""CREATE TRIGGER ripeline_company_search_changed AFTER UPDATE OF name, domain
       ON ripeline_company BEGIN
       INSERT INTO ripeline_company_search (ripeline_company_search, rowid, words)
       VALUES ('delete', old.id, {COMPANY_LINES.format(row="old")});
       INSERT INTO ripeline_company_search (rowid, words) VALUES (new.id, {COMPANY_LINES.format(row="new")}); END""",
    f"""CREATE TRIGGER ripeline_contact_stands AFTER INSERT ON ripeline_contact BEGIN
       {STANDING} (new.id, '', 0, -1e9, 'active', 0) ON CONFLICT (contact_id) DO NOTHING; END""",
    f"""INSERT INTO ripeline_contact_search (rowid, words, tags)
       SELECT c.id, {CONTACT_LINES.format(row="c")}, {TAG_LINES.format(row="c")} FROM ripeline_contact c""",
    f"""INSERT INTO ripeline_company_search (rowid, words)
       SELECT c.id, {COMPANY_LINES.format(row="c")} FROM ripeline_company c""",
    """INSERT INTO ripeline_standing (contact_id, stage, score, heat, status, suspended)
       SELECT id, '', 0, -1e9, 'active', 0 FROM ripeline_contact WHERE true ON CONFLICT (contact_id) DO NOTHING""",
]

POSTGRES = [
    """CREATE INDEX IF NOT EXISTS contact_tags ON ripeline_contact USING gin (tags jsonb_path_ops)""",
    f"""CREATE OR REPLACE FUNCTION ripeline_contact_stands() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       {STANDING} (new.id, '', 0, -1e9, 'active', false) ON CONFLICT (contact_id) DO NOTHING; RETURN NULL; END $$""",
    """CREATE OR REPLACE TRIGGER ripeline_contact_stands AFTER INSERT ON ripeline_contact
       FOR EACH ROW EXECUTE FUNCTION ripeline_contact_stands()""",
    """INSERT INTO ripeline_standing (contact_id, stage, score, heat, status, suspended)
       SELECT id, '', 0, -1e9, 'active', false FROM ripeline_contact ON CONFLICT (contact_id) DO NOTHING""",
]

POSTGRES_TRIGRAMS = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS contact_words ON ripeline_contact USING gin (search_text gin_trgm_ops)",
    """CREATE INDEX IF NOT EXISTS company_words ON ripeline_company
       USING gin (lower(name || chr(10) || coalesce(domain, '')) gin_trgm_ops)""",
]


def make_first_tables(connection: BaseDatabaseWrapper) -> None:
    """Makes them, on a database that migration 0002 has just been applied to."""
    statements = SQLITE if connection.vendor == "sqlite" else [*POSTGRES, *POSTGRES_TRIGRAMS]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
