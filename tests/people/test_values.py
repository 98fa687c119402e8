"""What people write of somebody: addresses, names, phone numbers, countries, yes and no; and that the short cuts
of reading give what the careful ways give.
"""

from __future__ import annotations

from xml.etree import ElementTree

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ripeline.people.countries import country_names
from ripeline.people.phones import careful_phone, read_phone
from ripeline.people.values import (
    careful_address,
    read_address,
    read_addresses,
    read_country,
    read_domain,
    read_language,
    read_name,
    read_number,
    read_tags,
    read_yes_no,
)
from tests.gateway.imports.bringing import DATA, needs_data

pytestmark = pytest.mark.pure

_LABELS = st.text("ab0-", min_size=0, max_size=8) | st.sampled_from(
    ["xn--mnchen-3ya", "a" * 63, "a" * 64, "local", "example", "www", "ab--c"]
)
_ENDS = st.sampled_from(
    ["com", "de", "example", "test", "local", "localhost", "invalid", "onion", "arpa", "c", "c1"]
)
_MAILBOXES = st.text("aB0._+-'", min_size=0, max_size=12) | st.sampled_from(["a" * 64, "a" * 65])
ADDRESSES = st.builds(
    lambda mailbox, labels, end: f"{mailbox}@{'.'.join([*labels, end])}",
    _MAILBOXES,
    st.lists(_LABELS, max_size=5),
    _ENDS,
)
CODES = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
NUMBERS = st.builds(
    lambda code, zero, digits, signs: (
        f"+{code}" + "".join(sign + digit for sign, digit in zip(signs, f"{zero}{digits}", strict=False))
    ),
    CODES,
    st.sampled_from(["", "", "0", "1", "8", "9"]),
    st.text("0123456789", min_size=1, max_size=14),
    st.lists(st.sampled_from(["", "", "", " ", "-", ".", "  "]), min_size=16, max_size=16),
)


@given(ADDRESSES)
@example("anna@a.local")
@example("a" * 65 + "@firm.example")
@example("anna@" + ".".join(["a" * 60] * 5) + ".example")
def test_an_address_read_quickly_is_the_one_read_carefully(address: str) -> None:
    assert read_address(address) == careful_address(address)


@given(NUMBERS, st.sampled_from([None, "DE", "US", "IT", "AR"]))
def test_a_phone_number_read_quickly_is_the_one_read_carefully(number: str, region: str | None) -> None:
    assert read_phone(number, region) == careful_phone(" ".join(number.split()), region)


@pytest.mark.parametrize(
    ("cell", "good"),
    [
        ("Anna@Firm.Example", ("anna@firm.example",)),
        ("mailto:anna@firm.example", ("anna@firm.example",)),
        ('"Berg, Anna" <anna@firm.example>', ("anna@firm.example",)),
        ("a@b.example; c@d.example", ("a@b.example", "c@d.example")),
        ("a@b.example ::: c@d.example", ("a@b.example", "c@d.example")),
        ("a@b.example, a@b.example", ("a@b.example",)),
        ("anna@münchen.example", ("anna@münchen.example",)),
        ("a@b.example c@d.example", ("a@b.example", "c@d.example")),
        ("<anna@firm.example>", ("anna@firm.example",)),
        ('"anna@firm.example"', ("anna@firm.example",)),
        ("anna@firm.example (work)", ("anna@firm.example",)),
        ("Anna Berg <mailto:anna@firm.example>; c@d.example", ("anna@firm.example", "c@d.example")),
        # Half of these would be somebody else's address.
        ("foo anna@firm.example", ()),
        ('an"na@firm.example', ()),
        ("anna@firm .example", ()),
        ("anna@localhost", ()),
        ("anna(at)firm.example", ()),
    ],
)
def test_addresses_are_read_however_they_are_written(cell: str, good: tuple[str, ...]) -> None:
    found = read_addresses(cell)
    assert found.good == good
    assert bool(found.bad) != bool(good)


@needs_data
def test_addresses_that_can_receive_mail_are_taken_and_broken_ones_are_not() -> None:
    verdicts: dict[str, list[bool]] = {"ISEMAIL_VALID_CATEGORY": [], "ISEMAIL_ERR": []}
    for test in ElementTree.parse(DATA / "isemail" / "test" / "tests.xml").iter("test"):
        category = test.findtext("category") or ""
        # The file shows a control character as its picture.
        address = (test.findtext("address") or "").translate({0x2400 + code: code for code in range(0x20)})
        if category in verdicts and "." in address.rpartition("@")[2]:
            verdicts[category].append(read_address(address) is not None)
    assert not any(verdicts["ISEMAIL_ERR"])
    assert sum(verdicts["ISEMAIL_VALID_CATEGORY"]) >= 0.9 * len(verdicts["ISEMAIL_VALID_CATEGORY"]) > 0


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("Anna Berg", ("Anna", "Berg")),
        ("Berg, Anna", ("Anna", "Berg")),
        ("Anna van der Berg", ("Anna", "van der Berg")),
        ("Anna Maria Berg", ("Anna Maria", "Berg")),
        ("Anna", ("Anna", "")),
    ],
)
def test_a_whole_name_is_taken_apart(cell: str, name: tuple[str, str]) -> None:
    assert read_name(cell) == name


@pytest.mark.parametrize(
    ("cell", "region", "number"),
    [
        ("+49 (0)30 123 45 67", None, "+49301234567"),
        ("030 1234567", "DE", "+49301234567"),
        ("0049 30 1234567", None, "+49301234567"),
        ("030 1234567", None, "030 1234567"),
        ("tel:+33 1 23 45 67 89", None, "+33123456789"),
    ],
)
def test_phone_numbers_become_international_where_the_country_is_known(
    cell: str, region: str | None, number: str
) -> None:
    assert read_phone(cell, region) == number


def test_yes_no_countries_languages_tags_and_domains_are_read_in_many_languages() -> None:
    assert [read_yes_no(cell) for cell in ("Ja", "oui", "TRUE", "0", "Nein", "maybe")] == [True] * 3 + [
        False
    ] * 2 + [None]
    assert [read_country(cell) for cell in ("Österreich", "Stati Uniti", "usa", "Utopia")] == [
        "AT",
        "US",
        "US",
        None,
    ]
    # As browsers call it, in which the names of a form's page stand.
    assert (country_names()["TR"], read_country("Turkey")) == ("Türkiye", "TR")
    assert [read_language(cell) for cell in ("de_AT", "Français", "English", "Klingon")] == [
        "de",
        "fr",
        "en",
        None,
    ]
    assert read_tags("* My Contacts ::: vip; vip") == ("My Contacts", "vip")
    assert read_domain("https://www.Firm.example/about?x") == "firm.example"


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12.0), ("1,234.50", 1234.5), ("999999999999999", 1e15 - 1)]
)
def test_a_number_is_read_with_its_signs(text: str, number: float) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["", "x", "1e400", "1000000000000000", "9" * 400])
def test_what_is_no_number_we_keep_is_none(text: str) -> None:
    assert read_number(text) is None
