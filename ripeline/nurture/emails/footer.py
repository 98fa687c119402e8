"""The end of a mail: who sent it, and how not to get the next one. Added where the writer has not put it."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str, str]] = {
    "en": ("You get this because you gave us your address.", "Unsubscribe", "What you get from us"),
    "nl": ("U krijgt dit omdat u ons uw adres gaf.", "Afmelden", "Wat u van ons krijgt"),
    "fr": (
        "Vous recevez ceci car vous nous avez donné votre adresse.",
        "Se désabonner",
        "Ce que vous recevez de nous",
    ),
    "de": (
        "Sie bekommen dies, weil Sie uns Ihre Adresse gegeben haben.",
        "Abmelden",
        "Was Sie von uns bekommen",
    ),
    "es": ("Recibe esto porque nos dio su dirección.", "Darse de baja", "Lo que recibe de nosotros"),
    "pt": ("Recebe isto porque nos deu o seu endereço.", "Cancelar a subscrição", "O que recebe de nós"),
}
"""Why they get it, to end it, and to choose, in the languages of forms."""
STYLES = """
.end { max-width: 600px; margin: 32px auto 0; padding: 16px 16px 24px; border-top: 1px solid #d8dce2; color: #59616b;
 font: 13px/1.5 -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
.end p { margin: 0 0 6px }
.end a { color: #59616b; text-decoration: underline }
@media (prefers-color-scheme: dark) {
 .end, .end a { color: #a8b0ba !important }
 .end { border-color: #3a4048 !important }
}
"""


def footer(language: str, names: set[str]) -> str:
    """The footer as HTML with fields, without what the mail already has of `names` (fields that it writes)."""
    why, end, choose = WORDS.get(language.partition("-")[0], WORDS["en"])
    links = []
    if "unsubscribe" not in names:
        links.append(f'<a href="{{{{ unsubscribe }}}}">{end}</a>')
    if "preferences" not in names:
        links.append(f'<a href="{{{{ preferences }}}}">{choose}</a>')
    lines = [f"<p>{why} {' &middot; '.join(links)}</p>"] if links else []
    if "sender.address" not in names:
        lines.append("<p>{{ sender.address }}</p>")
    return f'<div class="end">{"".join(lines)}</div>' if lines else ""
