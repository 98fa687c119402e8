"""What an email is while it is written: a subject, a language, and a body as people write or as MJML."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LONGEST_BODY = 300_000
Mode = Literal["plain", "mjml"]
Short = Annotated[str, Field(max_length=300)]


class Content(BaseModel):
    """One email. `body` is Markdown (plain) or MJML; `preheader` what mailboxes show beside the subject; `signature`
    stands below a plain body; `text` is the text part where somebody wrote one, else it is made of the body."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = "plain"
    subject: Short = ""
    preheader: Short = ""
    language: Annotated[str, Field(max_length=12)] = "en"
    body: Annotated[str, Field(max_length=LONGEST_BODY)] = ""
    signature: Annotated[str, Field(max_length=2_000)] = ""
    text: Annotated[str, Field(max_length=LONGEST_BODY)] = ""

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return self.model_dump(mode="json", exclude_defaults=True)


def read_content(kept: object) -> Content:
    """An email as it was kept; an empty one where that cannot be read."""
    try:
        return Content.model_validate(kept)
    except ValidationError:
        return Content()
