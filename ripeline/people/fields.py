"""A column that repeats others of its row in the form in which people look for them."""

from __future__ import annotations

from typing import Any, Protocol

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from ripeline.kit.folding import fold_words


class Named(Protocol):
    """What the folded text of a company is made of."""

    name: str
    domain: str | None


class _Words(DeferredAttribute):
    """The text as it is now, whatever was read or set: it cannot fall behind the name."""

    def __get__(self, instance: Any, cls: type | None = None) -> Any:
        return self if instance is None else company_words(instance)

    def __set__(self, instance: Any, value: object) -> None:
        """What is set, or read from the database, says nothing that the name does not. Kept all the same: Django
        takes what is not there for a column that was not read, and would not save it."""
        instance.__dict__[self.field.attname] = value


class CompanyWordsField(models.TextField):  # type: ignore[type-arg]
    """Name and domain, folded, each on a line of its own: written wherever a company is saved or inserted in bulk.
    `QuerySet.update`, and a save of some columns alone, pass it by."""

    descriptor_class = _Words


def company_words(company: Named) -> str:
    """The folded text in which a search for any part of name or domain finds the company."""
    return "\n".join(fold_words(part) for part in (company.name, company.domain or "") if part)
