"""How senior somebody is, from what a column or a job title says, in the languages of our users.

The levels, highest first: owner, c_level, vp, director, head, manager, senior, specialist, entry, student.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ripeline.kit.folding import plain

_NOT_SENIOR = re.compile(
    r"\b(?:assistant to|assistant of|office of the|to the|secretary|sekretar\w*|account director|"
    r"art director|chef de projet|product owner|process owner|homeowner|account manager|"
    r"community manager|case manager|office manager|"
    r"social media manager|project manager|product manager|produktmanager\w*|projektmanager\w*)\b"
)
# In this order: the first that matches decides. A vice president is no president.
_RULES = r"""
student: student\w* | etudiant\w* | estudiante\w* | studente\w* | pupil | schuler\w*
entry: intern | internship | trainee | apprentice | praktikant\w* | auszubildende\w* | azubi |
    werkstudent\w* | stagiaire | apprenti\w* | becario | becaria | tirocinante | stagista | estagiari\w* |
    junior | jr | entry | entry level | graduate
vp: vice president\w* | vp | svp | evp | avp | vizeprasident\w* | vice presidente?
owner: owner\w* | co ?founder\w* | founder\w* | founding partner | proprietor | inhaber\w* | grunder\w* |
    mitgrunder\w* | fondat\w+ | cofondat\w+ | proprietaire | fundador\w* | propietari\w* | titolare |
    titular | eigenaar | oprichter | wlasciciel\w* | self employed | selbststandig\w* | freelanc\w* |
    managing partner | businessman | businesswoman
c_level: c level | c suite | cxo | ceo | cfo | cto | coo | cmo | cio | cpo | cro | chro | ciso | cdo | cco |
    cso | chief | president\w* | prasident\w* | geschaftsfuhr\w* | vorstand\w* | managing director | general
    manager | pdg | directeur general | directrice generale | director general | directora general |
    amministratore delegato | direttore generale | diretor geral | gerente general | algemeen directeur |
    prezes | executive director
director: director\w* | direktor\w* | directeur\w* | directrice\w* | direttore | direttrice | diretor\w* |
    dyrektor\w* | partner
head: head | head of .* | leiter\w* | \w+leiter | \w+leiterin | leitung | responsable | responsabile | hoofd
    | jefe | jefa | kierownik | chef | lead | team lead | principal
manager: manager\w* | managerin | gestionnaire | gerente | supervisor\w* | coordinator\w* | koordinator\w* |
    account director | art director | product owner
senior: senior | sr | staff | expert\w* | architect\w*
specialist: specialist\w* | spezialist\w* | analyst\w* | engineer\w* | developer\w* | consultant\w* |
    berater\w* | designer\w* | associate | executive | officer | assistant\w* | accountant\w* | nurse |
    teacher | writer | editor | author | technician | administrator | clerk | agent | representative |
    working professional | individual contributor | secretary | sekretar\w*
"""
_COMPILED = tuple(
    (
        rule.partition(":")[0],
        re.compile(rf"\b(?:{re.sub(' *[|] *', '|', ' '.join(rule.partition(':')[2].split()))})\b"),
    )
    for rule in re.split(r"\n(?=\w)", _RULES.strip())
)
_MANAGERIAL = frozenset({"owner", "c_level", "vp", "director", "head"})


@lru_cache(maxsize=20_000)
def seniority_of(text: str) -> str | None:
    """The level a job title or a seniority cell speaks of, or None: `Head of Sales` is `head`, `CEO &
    Founder` `owner`, `Assistant to the CEO` `specialist`.
    """
    words = plain(text)
    if not words:
        return None
    humble = _NOT_SENIOR.search(words) is not None
    for level, pattern in _COMPILED:
        if humble and level in _MANAGERIAL:
            continue
        if pattern.search(words):
            return level
    return None
