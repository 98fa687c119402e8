"""Which column is which: by the names real exports use, and by what is in the cells."""

from __future__ import annotations

import re

import pytest

from ripeline.gateway.imports.columns import draft_mapping, guess_columns
from ripeline.gateway.imports.mapping import MappingMistakes, load_mapping, write_mapping
from tests.gateway.imports.bringing import DATA, needs_data

pytestmark = pytest.mark.pure


def fields(header: str, *rows: str, mark: str = ",") -> dict[str, str]:
    cells = [row.split(mark) for row in rows]
    return {guess.column: guess.field for guess in guess_columns(header.split(mark), cells)}


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Create Date,Lead Source,Associated Company",
         "51,Anna,Berg,a@b.example,+49 30 1234567,Olga,2025-01-02,Fair,Acme",
         "external_id first_name last_name email phone owner created_at source company"),
        ("Person - Name,Person - Email - Work,Person - Phone - Work,Person - Organization,Person - Owner,Person - ID",
         "Anna Berg,a@b.example,+49 30 1234567,Acme,Olga,7",
         "full_name email phone company owner external_id"),
        ("Id,LastName,FirstName,Email,Title,LeadSource,CreatedDate",
         "003xx,Berg,Anna,a@b.example,Editor,Web,2025-01-02T10:00:00Z",
         "external_id last_name first_name email title source created_at"),
        ("Vorname,Nachname,E-Mail-Adresse,Firma,Position,Land,Sprache,Telefon",
         "Anna,Berg,a@b.example,Acme,Leiterin,Österreich,Deutsch,+43 1 234567",
         "first_name last_name email company title country language phone"),
        ("Prénom,Nom,Adresse e-mail,Société,Fonction,Pays",
         "Anne,Dupont,a@b.example,Acme,Directrice,Belgique",
         "first_name last_name email company title country"),
        ("Nombre,Apellidos,Correo electrónico,Empresa,Cargo,País",
         "Ana,García,a@b.example,Acme,Directora,España",
         "first_name last_name email company title country"),
        ("Nome,Cognome,Indirizzo email,Azienda,Paese",
         "Anna,Rossi,a@b.example,Acme,Italia",
         "full_name last_name email company country"),
        ("Voornaam,Achternaam,E-mailadres,Bedrijf,Land",
         "Anna,de Vries,a@b.example,Acme,Nederland",
         "first_name last_name email company country"),
        ("Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CC,LEID,NOTES",
         "a@b.example,Anna,Berg,3,2025-01-02 10:00:00,DE,123,hello",
         "email first_name last_name trait created_at country external_id trait"),
    ],
)  # fmt: skip
def test_the_columns_of_real_exports_are_known(header: str, row: str, expected: str) -> None:
    assert list(fields(header, row).values()) == expected.split()


def test_an_address_is_known_by_its_cells_whatever_the_column_is_called() -> None:
    found = fields("Spalte,x", *(f"p{n}@b.example,{n}" for n in range(5)))
    assert found == {"Spalte": "email", "x": "trait"}


def test_a_name_its_cells_contradict_is_not_believed() -> None:
    found = fields("email,source,country", "a@b.example,2025-01-01,blue", "b@b.example,2025-01-02,red")
    assert found == {"email": "email", "source": "trait", "country": "trait"}


def test_of_two_columns_for_one_field_the_surer_wins() -> None:
    found = fields("Title,Job Title,Email", "Dr,Editor,a@b.example")
    assert found == {"Title": "trait", "Job Title": "title", "Email": "email"}


def test_no_is_not_norway() -> None:
    assert fields("newsletter,email", "No,a@b.example", "No,b@b.example")["newsletter"] == "trait"


@pytest.mark.parametrize(
    ("column", "filled", "reads"),
    [
        ("invited", ["Yes", "no"], "yes_no"),
        ("invited", ["Ja", "Nein", "ja"], "yes_no"),
        ("invited", ["sí", "no"], "yes_no"),
        ("invited", ["TRUE", "TRUE"], "yes_no"),
        ("invited", ["y", "N"], "yes_no"),
        ("invited", ["t", "f"], "yes_no"),
        ("IsInvited", ["0", "1"], "yes_no"),
        ("Newsletter?", ["1", "1"], "yes_no"),
        ("Has newsletter", ["0", "0"], "yes_no"),
        ("visits", ["0", "1"], "number"),
        ("balance", ["-1", "-1"], "number"),
        ("grade", ["y", "y"], "text"),
        ("fair", ["x", "x"], "text"),
        ("done", ["✓", "✔"], "text"),
        ("size", ["s", "o"], "text"),
        ("invited", ["yes", "no", "maybe"], "text"),
    ],
)
def test_only_clear_words_are_read_as_yes_or_no_by_themselves(
    column: str, filled: list[str], reads: str
) -> None:
    (guess,) = guess_columns((column,), [[cell] for cell in filled])
    assert (guess.field, guess.reads) == ("trait", reads)


@needs_data
def test_every_stored_export_header_has_a_column_to_recognise_people_by() -> None:
    text = (DATA / "export_headers" / "headers.md").read_text()
    headers = [line for line in text.splitlines() if line.count(",") > 5 and "email" in line.lower()]
    assert len(headers) >= 3
    for line in headers:
        names = [name.strip(' "') for name in re.sub(r"^[^:]*\): |^[^:]*then: ", "", line).split(",")]
        guesses = guess_columns(names, [["a@b.example" if "mail" in each.lower() else "" for each in names]])
        assert "email" in {guess.field for guess in guesses}, line


def test_a_mapping_keeps_its_own_rules_and_fills_in_the_rest() -> None:
    base = load_mapping("columns: {a: email}\nothers: ignore")
    mapping = draft_mapping(["a", "b"], [["x@b.example", "1"]], base)
    assert {name: rule.field for name, rule in mapping.columns.items()} == {"a": "email", "b": "ignore"}


def test_a_mapping_written_is_the_mapping_read() -> None:
    text = (
        "title: T\nkey_prefix: crm\ncolumns:\n  a: external_id\n  b: {field: trait, trait: c, reads: number}\n"
        "touches:\n  - kind: {column: b, values: {x: call_held}}\n    at: {column: d, order: dmy}\n"
        "    when: {b: {not: y}}\n"
    )
    mapping = load_mapping(text)
    assert load_mapping(write_mapping(mapping)) == mapping


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colums: {a: email}", "line 1: colums: there is no such key; did you mean 'columns'?"),
        ("columns:\n  a: emial", "line 2: columns.a.field: 'emial' is none of"),
        ("touches:\n  - kind: x\n    at: {fixed: tomorrow}", "line 3: touches.0.at.fixed:"),
        ("time_zone: Mars/Olympus", "line 1: time_zone: 'Mars/Olympus' is no time zone"),
        ("columns: [", "not readable as YAML"),
        ("- a", "A mapping is a map of keys"),
    ],
)
def test_a_mistake_in_a_mapping_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(MappingMistakes) as caught:
        load_mapping(text)
    assert said in str(caught.value)


def test_a_column_the_file_does_not_have_is_told_with_the_nearest_one() -> None:
    with pytest.raises(MappingMistakes) as caught:
        load_mapping(
            "columns:\n  Emial: email\ntouches:\n  - {kind: k, at: Day, id: 'x{Numer}'}", ("Email", "Number")
        )
    assert [str(each) for each in caught.value.mistakes] == [
        "line 2: columns.Emial: the file has no column 'Emial'; did you mean 'Email'?",
        "line 4: touches.0.at: the file has no column 'Day'; it has Email, Number",
        "line 4: touches.0.id: the file has no column 'Numer'; did you mean 'Number'?",
    ]


def test_profiles_on_a_host_many_share_are_no_companys_website() -> None:
    rows = [
        ["a@b.example", "https://www.linkedin.com/in/anna"],
        ["b@b.example", "http://de.linkedin.com/in/bo"],
    ]
    guess = guess_columns(("Email Address", "URL"), rows)[1]
    assert (guess.field, guess.why) == ("trait", "its pages are on hosts many share, no company's website")
    own = guess_columns(("Email Address", "URL"), [["a@b.example", "https://www.firm.example"]])[1]
    assert own.field == "domain"
