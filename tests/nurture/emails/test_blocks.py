"""MJML for the editor of blocks, and back."""

from __future__ import annotations

import pytest

from ripeline.nurture.emails.blocks import CannotBeMoved, for_editor, from_editor
from ripeline.nurture.emails.content import Content
from tests.nurture.emails.writing import compiled

pytestmark = pytest.mark.pure
SOURCE = """<mjml>
  <mj-head>
    <mj-attributes><mj-all font-family="Arial" /></mj-attributes>
  </mj-head>
  <mj-body>
    <mj-section when="persona is reader">
      <mj-column>
        <mj-text>One &amp; two<br>{% if contact.score &lt; 3 %}few{% endif %}&nbsp;{{ contact.first_name | default: "you" }}</mj-text>
        <mj-image src="https://a.example/p.png" alt="x" />
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""  # noqa: E501


def test_what_the_editor_reads_is_xml_and_what_it_sends_takes_the_place_of_the_body_alone() -> None:
    read = for_editor(Content(mode="mjml", subject="x", body=SOURCE))
    assert isinstance(read, str)
    assert "<br/>" in read
    assert "</mj-image>" in read
    assert "{% if contact.score &lt; 3 %}" in read
    assert "mj-all" not in read
    joined = from_editor(SOURCE, read.replace("\n", "").replace("  ", ""))
    assert joined is not None
    assert joined.splitlines()[:6] == SOURCE.splitlines()[:6]
    assert compiled(joined, mode="mjml").text == compiled(SOURCE, mode="mjml").text
    again = from_editor(joined, f"<mjml>{joined[joined.index('<mj-body') :]}")
    assert again == joined
    assert from_editor(SOURCE, "nothing") is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("<mj-section", "{% if true %}<mj-section"), "Put this right first. Content, line 6"),
        (("<mj-column>", "<mj-colum>"), "Put this right first. Content, line 7: There is no <mj-colum>."),
        (("<mj-image", "{% if true %}{% endif %}<mj-image"), "Conditions stand between its blocks"),
    ],
)
def test_what_the_editor_would_lose_is_not_given_to_it(change: tuple[str, str], said: str) -> None:
    read = for_editor(Content(mode="mjml", subject="x", body=SOURCE.replace(*change)))
    assert isinstance(read, CannotBeMoved)
    assert said in read.why
