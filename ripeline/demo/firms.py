"""The kinds of companies there are, and how they are called in each country."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Firm:
    """A kind of company: how many, how large, who works there (least and most people we know of)."""

    kind: str
    count: int
    industry: str
    employees: tuple[int, int]
    people: tuple[int, int]
    role: str
    other_roles: tuple[str, ...]
    titles: Mapping[str, str]


def titles(owner: str, director: str, manager: str, staff: str) -> Mapping[str, str]:
    return {"owner": owner, "director": director, "manager": manager, "staff": staff}


FIRMS = (
    Firm(
        "imprint",
        150,
        "publishing",
        (1, 3),
        (1, 1),
        "author",
        ("author",),
        titles(*["Author and publisher"] * 4),
    ),
    Firm(
        "press",
        110,
        "publishing",
        (4, 70),
        (2, 4),
        "publisher",
        ("marketer", "marketer", "aspiring_author"),
        titles("Founder", "Publishing director", "Programme manager", "Editor"),
    ),
    Firm(
        "agency",
        40,
        "publishing",
        (2, 15),
        (1, 3),
        "agent",
        ("marketer", "agent"),
        titles("Literary agent", "Head of rights", "Agent", "Assistant agent"),
    ),
    Firm(
        "studio",
        30,
        "other",
        (2, 25),
        (1, 3),
        "marketer",
        ("marketer", "author"),
        titles("Founder", "Creative director", "Campaign manager", "Copywriter"),
    ),
    Firm(
        "media",
        25,
        "media",
        (15, 400),
        (2, 4),
        "journalist",
        ("marketer", "author"),
        titles("Publisher", "Editor-in-chief", "Section editor", "Reporter"),
    ),
    Firm(
        "school",
        20,
        "education",
        (4, 120),
        (1, 3),
        "author",
        ("aspiring_author", "marketer"),
        titles("Founder", "Head of school", "Course leader", "Writing tutor"),
    ),
    Firm(
        "bookshop",
        15,
        "retail",
        (2, 40),
        (1, 2),
        "marketer",
        ("aspiring_author", "author"),
        titles("Bookseller and owner", "Head of events", "Events manager", "Bookseller"),
    ),
    Firm(
        "tools",
        10,
        "software",
        (8, 150),
        (1, 3),
        "marketer",
        ("marketer",),
        titles("Founder", "Head of growth", "Product manager", "Customer success"),
    ),
)

# Words companies like to be called by, per country.
WORDS: Mapping[str, tuple[str, ...]] = {
    country: tuple(words.split())
    for country, words in {
        "de": (
            "Nordlicht Federkiel Mondsee Seitenwind Leuchtfeuer Kranich Zeilensprung Tintenfass Holunder "
            "Ankerplatz Morgenrot Birkenhain Lesezeichen Wolkenrand Funkenflug Silberfisch Papierboot "
            "Steinkauz"
        ),
        "at": (
            "Almrausch Föhnwind Donaukiesel Zirbe Gipfelbuch Schilfrohr Murmel Enzian Bergfeder Sternwarte"
        ),
        "nl": (
            "Linde Zilvermeeuw Waterlijn Inktvis Polderlicht Kantlijn Vuurtoren Hazelaar Windroos "
            "Papierwinkel Zomerdijk Schelp Wilgenroos Bladzijde Noorderzon Kiezel"
        ),
        "be": (
            "Leiebocht Kanttekening Zwaluw Scheldezicht Papillon Bruyère Lettertuin Klaproos Ardoise "
            "Regenboog"
        ),
        "gb": (
            "Saltmarsh Lanternfish Thistledown Foxglove Ravenscar Kingfisher Marginalia Inkberry Wayfarer "
            "Tidewrack Hawthorn Paperweight Curlew Moonraker Larkrise Whetstone"
        ),
        "ie": ("Rathmore Seabright Gorse Heronstown Bogcotton Turlough Fuchsia Corncrake Wrenstone Skylark"),
        "fr": (
            "Phare Hirondelle Marelle Encrier Bruyère Lucarne Sillage Mésange Cerf-Volant Écume "
            "Coquelicot Rivage Passerelle Clairière Almanach Balise"
        ),
        "es": (
            "Brújula Olivar Faro Tinta Golondrina Jacaranda Alameda Marea Luciérnaga Azahar Sendero "
            "Caracola Veleta Nogal"
        ),
        "it": (
            "Orsa Ginestra Lanterna Calamaio Maestrale Cardellino Ulivo Segnalibro Conchiglia Meridiana "
            "Airone Pervinca Scirocco"
        ),
        "pl": (
            "Latarnia Jaskółka Kałamarz Brzezina Żuraw Zakładka Bursztyn Wierzba Rumianek Szuwary Kompas "
            "Słonecznik"
        ),
        "se": ("Måne Fyren Blåklint Tranan Granskog Bläckhorn Skärgård Norrsken Vinbär Ripa Lärka Strandråg"),
        "pt": (
            "Farol Andorinha Maré Tinteiro Alecrim Rosa-dos-Ventos Gaivota Oliveira Cais Búzio Alfazema "
            "Moinho"
        ),
    }.items()
}

# How each kind of company calls itself around its word; English serves where a country has no line.
PATTERNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "imprint": {
        "de": ("Edition {}", "{} Bücher"),
        "at": ("Edition {}",),
        "nl": ("{} Boeken", "Eigenwijs {}"),
        "fr": ("Plume & {}", "Carnets {}"),
        "es": ("Cuadernos {}", "{} Libros"),
        "it": ("Quaderni {}", "{} Libri"),
        "pl": ("{} Książki", "Zeszyty {}"),
        "se": ("{} Böcker", "Bok & {}"),
        "pt": ("Cadernos {}", "{} Livros"),
        "": ("{} Books", "{} Stories"),
    },
    "press": {
        "de": ("{} Verlag", "Verlag {}"),
        "at": ("{} Verlag", "Verlag {}"),
        "nl": ("Uitgeverij {}", "{} Pers"),
        "be": ("Uitgeverij {}", "Éditions {}"),
        "fr": ("Éditions {}", "Maison {}"),
        "es": ("Editorial {}", "Ediciones {}"),
        "it": ("Casa Editrice {}", "{} Edizioni"),
        "pl": ("Wydawnictwo {}", "Oficyna {}"),
        "se": ("{} Förlag", "Förlaget {}"),
        "pt": ("Editora {}", "Edições {}"),
        "": ("{} Press", "{} Publishing"),
    },
    "agency": {"": ("{} Literary", "{} Rights", "{} Literary Agency")},
    "studio": {"": ("Studio {}", "{} & Co", "{} Campaigns")},
    "media": {"": ("{} Media", "{} Weekly", "Radio {}")},
    "school": {"": ("{} Writing School", "{} Academy", "Atelier {}")},
    "bookshop": {"": ("{} Bookshop", "Librairie {}", "{} & Page")},
    "tools": {"": ("{} Labs", "{} Software", "{}ware")},
}


def name_firm(rng: Random, firm: Firm, country: str) -> str:
    """A name in the country's manner; two words where the short names are used up."""
    patterns = PATTERNS[firm.kind]
    pattern = rng.choice(patterns.get(country) or patterns[""])
    words = WORDS[country]
    word = rng.choice(words)
    if rng.random() < 0.25:
        word = f"{word} & {rng.choice(words)}" if "&" not in pattern else f"{word} {rng.choice(words)}"
    return pattern.format(word)
