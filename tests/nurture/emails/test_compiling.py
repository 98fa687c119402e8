"""From what is written to what is sent."""

from __future__ import annotations

import re

import pytest

from ripeline.nurture.emails.rendering import Lacking, Rendered, Shown, address_of, render
from tests.nurture.emails.writing import ANN, SENDER, block, compiled, mistakes, shown, version_of, written

pytestmark = pytest.mark.pure
LETTER = """Hello {{ contact.first_name | default: "there" }},

see https://quill.example/covers?a=1&b=2, or [the guide](https://quill.example/guide/{{ contact.email }}).
It is short.
{% if contact.persona.key == "self_publisher" and contact.score < 50 %}
You publish yourself:

- one thing
- another
{% else %}
You are a house.
{% endif %}
Goodbye **for now**"""
BLOCKS = """<mjml><mj-head>
<mj-style>@media (prefers-color-scheme: dark) { .x { color: #fff !important } } .y { color: blue }</mj-style></mj-head>
<mj-body>
<mj-section when="persona is self_publisher, reader and stage is not customer"><mj-column>
{% if contact.score &lt; 50 %}
<mj-text css-class="x">Dear {{ contact.first_name }}, <span class="y">look</span> <a href="https://a.example/">here</a></mj-text>
{% endif %}
<mj-button href="https://a.example/go?x=1&amp;y=2">Go on</mj-button>
<mj-table>{% for each in contact.tags %}<tr><td>{{ each }}</td></tr>{% endfor %}</mj-table>
<mj-image src="https://a.example/p.png" alt="A cover" />
</mj-column></mj-section></mj-body></mjml>"""


def test_a_plain_letter_is_html_without_pictures_and_text_as_somebody_would_type_it() -> None:
    made = compiled(
        LETTER, signature="Jonas\nQuill & Harbour", preheader="Two minutes, {{ contact.first_name }}"
    )
    assert made.links == (
        "https://quill.example/covers?a=1&b=2",
        "https://quill.example/guide/{{ contact.email | url_encode }}",
    )
    found = shown(made)
    assert isinstance(found, Rendered)
    assert found.text == (
        "Hello Ann,\n\nsee https://quill.example/covers?a=1&b=2, or the guide"
        " <https://quill.example/guide/ann%40reader.example>.\nIt is short.\n\n"
        "You publish yourself:\n\n- one thing\n- another\n\nGoodbye for now\n\nJonas\nQuill & Harbour\n\n"
        "You get this because you gave us your address. Unsubscribe <#unsubscribe> · What you get from us"
        " <#preferences>\n\nQuay 1, 1000 Port\n"
    )
    assert "<strong>for now</strong>" in found.html
    assert "house" not in found.html
    assert "<img" not in found.html
    assert "Two minutes, Ann</div>" in found.html
    assert "mso-hide:all" in found.html
    assert '<meta name="color-scheme" content="light dark">' in found.html
    assert "@media (prefers-color-scheme: dark)" in found.html
    assert re.search(r'<p style="[^"]*margin', found.html)


def test_blocks_become_html_with_styles_in_place_and_conditions_round_whole_blocks() -> None:
    made = compiled(BLOCKS, mode="mjml")
    assert made.links == ("https://a.example/", "https://a.example/go?x=1&y=2")
    found = shown(made)
    assert isinstance(found, Rendered)
    assert "Dear Ann, look here <https://a.example/>" in found.text
    assert re.search(r"crime\s+fair", found.text)
    assert "A cover" in found.text
    assert re.search(r'<span[^>]*style="color: blue', found.html)
    assert "@media (prefers-color-scheme: dark) { .x" in found.html
    assert 'href="https://a.example/go?x=1&amp;y=2"' in found.html
    assert found.html.count("<td>") == 0
    assert len(re.findall(r"<td[^>]*>(crime|fair)</td>", found.html)) == 2
    customer = shown(made, stage={"key": "customer", "title": "Customer"})
    assert isinstance(customer, Rendered)
    assert "Dear" not in customer.html + customer.text
    assert "Unsubscribe" in customer.text
    warm = shown(made, score=70)
    assert isinstance(warm, Rendered)
    assert "Dear" not in warm.html
    assert "Go on" in warm.html


def test_every_link_gets_its_number_in_html_and_text_and_the_readers_own_stay_theirs() -> None:
    class Followed:
        unsubscribe = "https://us.example/u/1"
        preferences = "https://us.example/p/1"
        browser = "https://us.example/v/1"
        pixel = "https://us.example/o/1.gif"
        trap = "https://us.example/c/trap"

        def follow(self, number: int, url: str) -> str:
            return f"https://us.example/c/{number}"

    made = compiled(LETTER + "\n\n[Enough]({{ unsubscribe }})")
    found = render(version_of(made), ANN, links=Followed(), sender=SENDER)
    assert isinstance(found, Rendered)
    for part in (found.html, found.text):
        assert "https://us.example/c/0" in part
        assert "https://us.example/c/1" in part
        assert "quill.example/guide" not in part
        assert part.count("https://us.example/u/1") == 1
    assert found.html.count("https://us.example/o/1.gif") == 1
    assert re.search(r'<a href="https://us.example/c/trap" style="display:none', found.html)
    assert "trap" not in found.text + str(shown(made))
    assert "Unsubscribe" not in found.text
    assert address_of(version_of(made), 1, ANN) == "https://quill.example/guide/ann%40reader.example"
    assert address_of(version_of(made), 2, ANN) is None


def test_without_a_postal_address_there_is_no_mail() -> None:
    found = render(version_of(compiled("Hi.")), ANN, links=Shown(), sender=SENDER.__class__("Quill", ""))
    assert isinstance(found, Lacking)
    assert found.field == "sender.address"


def test_a_field_that_somebody_lacks_is_named_with_its_place() -> None:
    found = shown(compiled("Hi {{ contact.owner.name }}."))
    assert isinstance(found, Lacking)
    assert (found.field, found.where) == ("contact.owner.name", "Content")


def test_footers_speak_the_language_of_the_mail() -> None:
    assert "Abmelden" in compiled("Hallo.", language="de").text
    assert 'lang="de"' in compiled("Hallo.", language="de").html
    assert "Se désabonner" in compiled(block("Bonjour"), mode="mjml", language="fr").html


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (
            '<mj-include path="/etc/passwd" />',
            "line 3: <mj-include> would load from elsewhere. Write it here, or copy it.",
        ),
        ('<mj-font name="x" href="https://f.example/" />', "line 3: <mj-font> would load from elsewhere."),
        ("<mj-text>a</mj-text>", "line 3: <mj-text> cannot stand in <mj-body>. It stands in <mj-column>."),
        ("<mj-secton></mj-secton>", "line 3: There is no <mj-secton>. Did you mean <mj-section>?"),
        ("Hello", "line 3: There is text between the blocks of <mj-body>. Text stands in <mj-text>."),
        ("<mj-raw><script>x</script></mj-raw>", "line 3: <script> is not sent"),
        ("<mj-raw><iframe></iframe></mj-raw>", "line 3: <iframe> is not sent"),
        ('<mj-raw><p onclick="x">a</p></mj-raw>', "line 3: onclick would run something"),
        ('<mj-raw><a href="javascript:x">a</a></mj-raw>', "line 3: Javascript: cannot be followed"),
        ('<mj-raw><a href="java&#10;script:x">a</a></mj-raw>', "line 3: Javascript: cannot be followed"),
        ('<mj-raw><a href="{{ contact.traits.site }}">a</a></mj-raw>', "is no whole address"),
        (
            '<mj-raw><a href="https://{{ contact.email }}/">a</a></mj-raw>',
            "the name of the site must be written out",
        ),
        ('<mj-raw><a href="//evil.example">a</a></mj-raw>', "is no whole address"),
        ('<mj-raw><img src="data:image/svg+xml,x"></mj-raw>', "A picture has a whole address"),
        ('<mj-raw><p style="background:url(javascript:x)">a</p></mj-raw>', "A picture in styles"),
        ("<mj-raw><p>a</mj-raw>", "line 3: </mj-raw> closes what is outside <p>. Close <p> first."),
        ("<mj-section>", "line 4: </mj-body> closes what is outside <mj-section>."),
        ('<mj-section when="perhaps"></mj-section>', "line 3: when='perhaps' cannot be read."),
        (
            "<mj-section>{% if true %}</mj-section>{% endif %}",
            "line 3: {% if %} of line 3 is ended in another block",
        ),
        ("{{ contact.email }}", "line 3: {{ contact.email }} stands between blocks."),
    ],
)
def test_what_is_wrong_with_blocks_is_said_with_its_line_and_what_would_be_right(
    inner: str, said: str
) -> None:
    found = mistakes(f"<mjml>\n<mj-body>\n{inner}\n</mj-body></mjml>", mode="mjml")
    assert said in found[0]


def test_a_head_loads_nothing_and_a_letter_leads_nowhere_it_should_not() -> None:
    head = "<mjml><mj-head><mj-style>@import url(https://x.example/a.css);</mj-style></mj-head><mj-body></mj-body></mjml>"
    assert "would load or run" in mistakes(head, mode="mjml")[0]
    assert mistakes("[a](https://{{ contact.email }}/)") == [
        "Content, line 1: https://{{ contact.email }}/ leads wherever a field says: the name of the site must be"
        " written out."
    ]
    assert mistakes("\n[a](quill.example)") == [
        "Content, line 2: Quill.example is no whole address: a link begins with https://, mailto: or tel:."
    ]
    assert "<b>" not in written("<b onclick=x>bold</b> <script>alert(1)</script>").html


def test_a_text_part_that_somebody_wrote_is_kept_and_gets_links_and_footer() -> None:
    made = compiled("See https://a.example/x", text="Look at https://a.example/x, {{ contact.first_name }}")
    found = shown(made)
    assert isinstance(found, Rendered)
    assert found.text.startswith("Look at https://a.example/x, Ann\n\nYou get this")
    assert "links[0]" in made.text
