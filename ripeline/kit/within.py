"""What lies within JSON, asked in such words that an index of it can be used."""

from __future__ import annotations

import re
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Func
from django.db.models.sql.compiler import SQLCompiler

_WORD = re.compile(r"[a-z_]{1,60}\Z")


class HasWord(Func):
    """Whether a JSON object has this key, `has_key` with the key as part of the statement: a partial index counts only
    where a question says the same as its condition, to the letter, and parameters are none."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, column: Any, word: str, **extra: Any) -> None:
        if not _WORD.match(word):
            raise ValueError(f"{word!r} is no plain word.")
        super().__init__(column, word=word, **extra)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **named: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="JSON_TYPE(%(expressions)s, '$.%(word)s') IS NOT NULL", **named
        )

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **named: Any) -> Any:
        return self.as_sql(compiler, connection, template="(%(expressions)s ? '%(word)s')", **named)
