"""Rendering mails: compiled once, written for each person with links of their own, by one core."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from tests.bench.database import set_up

MAILS = 3_000
BATCH = 100
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


class Followed:
    """Links that are followed through us, as long as real ones."""

    unsubscribe = "https://mails.quill-and-harbour.example/u/1dX9kQ3pT7vB2mN8rL5s-AbCdEfGhIjKlMnOpQrStUvWxYz/"
    preferences = unsubscribe
    browser = unsubscribe
    pixel = ""

    def follow(self, number: int, url: str) -> str:
        """An address of ours."""
        return (
            f"https://mails.quill-and-harbour.example/c/1dX9kQ3pT7vB2mN8rL5s-{number}-AbCdEfGhIjKlMnOpQrSt/"
        )


def main() -> None:
    """Prints mails a second of processor time for each email that comes along, and with the people read."""
    set_up()
    from ripeline.installing import migrate

    migrate()
    measure_words()
    measure_people()


def measure_words() -> None:
    """Rendering alone, of a letter and of blocks."""
    from ripeline.nurture.emails.compiling import Compiled, compile_email
    from ripeline.nurture.emails.previewing import EXAMPLE
    from ripeline.nurture.emails.rendering import Rendered, Sender, render
    from ripeline.nurture.emails.shipping import shipped_email
    from ripeline.nurture.emails.versions import version_of

    for key in ("nurture-discovery", "newsletter"):
        shipped = shipped_email(key)
        assert shipped
        began = time.process_time()
        made = compile_email(shipped.content)
        compiled_in = time.process_time() - began
        assert isinstance(made, Compiled)
        version = version_of(made, shipped.content)
        began = time.process_time()
        for _ in range(MAILS):
            found = render(version, EXAMPLE, links=Followed(), sender=Sender("Quill", "Quay 1"))
            assert isinstance(found, Rendered)
        rate = MAILS / (time.process_time() - began)
        print(f"{shipped.title}: compiled once\t{compiled_in * 1000:.1f} ms")
        print(f"{shipped.title}: rendered, {len(found.html) / 1024:.0f} KB\t{rate:,.0f} a second a core")


def measure_people() -> None:
    """With what is known of each person read in batches."""
    from ripeline.nurture.emails.compiling import Compiled, compile_email
    from ripeline.nurture.emails.people import data_of
    from ripeline.nurture.emails.rendering import Rendered, Sender, render
    from ripeline.nurture.emails.shipping import shipped_email
    from ripeline.nurture.emails.versions import version_of
    from ripeline.people.contacts import ContactDraft, add_contacts

    drafts = [
        ContactDraft(
            name=f"Ann {n}",
            first_name="Ann",
            emails=(f"ann{n}@reader.example",),
            traits={"books": 3.0, "genre": "crime"},
            tags=("fair",),
        )
        for n in range(MAILS)
    ]
    people = [each.pk for each in add_contacts(drafts, now=NOW)]
    shipped = shipped_email("newsletter")
    assert shipped
    made = compile_email(shipped.content)
    assert isinstance(made, Compiled)
    version = version_of(made, shipped.content)
    began = time.process_time()
    for start in range(0, MAILS, BATCH):
        for person in data_of(people[start : start + BATCH], NOW).values():
            found = render(version, person, links=Followed(), sender=Sender("Quill", "Quay 1"))
            assert isinstance(found, Rendered)
    rate = MAILS / (time.process_time() - began)
    print(f"{shipped.title}: people read {BATCH} at a time, and rendered\t{rate:,.0f} a second a core")


if __name__ == "__main__":
    main()
