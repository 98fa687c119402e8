"""Invented people: first and last names usual in each country, put together by chance."""

import unicodedata
from collections.abc import Mapping
from random import Random

# Countries that share names with a neighbour.
SAME_NAMES_AS = {"at": "de"}

FIRST_NAMES: Mapping[str, tuple[str, ...]] = {
    country: tuple(names.split())
    for country, names in {
        "de": (
            "Anneliese Birgit Carla Dörte Elke Frauke Gesa Hanna Ilka Jutta Katrin Lena Mareike Nele "
            "Petra Ronja Silke Tabea Ulrike Wiebke Arne Bastian Clemens Detlef Eike Falk Gregor Henning "
            "Ingo Jürgen Konstantin Lothar Moritz Niklas Ole Rainer Sönke Till Uwe Volker"
        ),
        "nl": (
            "Aafke Brechtje Coby Dieuwke Esmee Femke Geertje Hilde Ilse Jolanda Karlijn Lieke Marloes "
            "Nienke Petra Roos Sanne Tineke Wendy Yvonne Aart Bram Cees Daan Evert Freek Gijs Hidde Jelle "
            "Koen Lars Mees Niels Okke Pepijn Ruben Sjoerd Teun Wouter Youri"
        ),
        "gb": (
            "Abigail Bethan Charlotte Delyth Eleanor Freya Georgina Harriet Imogen Joanna Kirsty Lorna "
            "Morag Nadia Olivia Priya Rosalind Shanice Tamsin Winifred Alasdair Barnaby Callum Dev Edmund "
            "Fergus Gareth Hugh Imran Jasper Keir Leon Magnus Nathaniel Owain Percy Rhys Stuart Toby "
            "Wesley"
        ),
        "fr": (
            "Agathe Béatrice Capucine Delphine Élodie Fanny Gaëlle Hélène Inès Jeanne Karima Léa Maëlle "
            "Nadège Océane Pauline Romane Sabrina Thérèse Yasmine Adrien Benoît Cyril Damien Étienne "
            "Fabrice Gaspard Hugo Idriss Julien Kévin Loïc Mathieu Nassim Olivier Pascal Quentin Rémi "
            "Stéphane Thibault"
        ),
        "es": (
            "Ainhoa Beatriz Carmen Dolores Estíbaliz Fátima Gloria Irene Jimena Lorena Macarena Nerea "
            "Olga Paloma Raquel Sonia Tamara Úrsula Vega Yolanda Alejo Borja César Diego Eneko Fermín "
            "Gonzalo Hugo Íñigo Jordi Leandro Mateo Nicolás Óscar Pelayo Rodrigo Sergio Tomás Víctor "
            "Xavier"
        ),
        "it": (
            "Alessia Bianca Chiara Debora Elisa Federica Giada Ilaria Ludovica Marta Noemi Ornella Paola "
            "Roberta Serena Teresa Valeria Viola Wanda Zoe Alessio Bruno Carlo Dario Edoardo Fabio "
            "Gianluca Jacopo Lorenzo Massimo Nicola Ottavio Pietro Riccardo Salvatore Tommaso Ugo Valerio "
            "Vito Zeno"
        ),
        "pl": (
            "Agnieszka Bożena Celina Dorota Ewelina Grażyna Halina Iwona Joanna Kinga Lidia Małgorzata "
            "Natalia Oliwia Patrycja Renata Sylwia Urszula Weronika Zofia Andrzej Bartosz Cezary Dawid "
            "Emil Filip Grzegorz Hubert Igor Jacek Kamil Leszek Maciej Norbert Olaf Paweł Radosław Szymon "
            "Tomasz Wojciech"
        ),
        "se": (
            "Agneta Birgitta Cajsa Disa Ebba Frida Gunilla Hedvig Ida Jonna Kerstin Linnea Malin Nora "
            "Ottilia Pernilla Ronja Saga Tuva Ylva Alvar Björn Casper Dag Elias Folke Gösta Håkan Isak "
            "Jörgen Kjell Loke Melker Nils Olof Pontus Rasmus Sixten Torbjörn Viggo"
        ),
        "pt": (
            "Adriana Beatriz Catarina Daniela Eduarda Filipa Graça Helena Inês Joana Leonor Mafalda "
            "Noémia Olívia Patrícia Rita Sofia Teresa Vera Zulmira Afonso Bernardo Cristiano Duarte "
            "Emanuel Fernão Gaspar Henrique Ivo Joaquim Lourenço Martim Nuno Osvaldo Paulo Rodrigo "
            "Salvador Tomé Vasco Xavier"
        ),
        "ie": (
            "Aisling Bríd Caoimhe Deirdre Eimear Fionnuala Gráinne Íde Jacinta Laoise Máire Niamh Orlaith "
            "Róisín Saoirse Sinéad Treasa Úna Bláthnaid Ciara Aodhán Brendan Cathal Diarmuid Eoin Fiachra "
            "Gearóid Iarlaith Killian Lorcan Malachy Naoise Oisín Pádraig Ruairí Senan Tadhg Ultan Colm "
            "Donncha"
        ),
        "be": (
            "Amélie Britt Céline Delfien Eline Florence Griet Heleen Ine Joke Katleen Liesbet Marijke "
            "Nathalie Odile Pascale Renilde Saar Veerle Ward Arnaud Bert Cédric Dries Emiel Floris Geert "
            "Hannes Jef Kobe Luc Maarten Nico Olivier Pieter Rik Stijn Tibo Wannes Xander"
        ),
    }.items()
}

LAST_NAMES: Mapping[str, tuple[str, ...]] = {
    country: tuple(name.replace("_", " ") for name in names.split())
    for country, names in {
        "de": (
            "Ahlers Birkenfeld Carstens Dornbusch Eschweiler Fährmann Gehrke Hasselbach Immenkamp Jessen "
            "Kaltwasser Lindhorst Mertesacker Niemeyer Oltmanns Petersen Quandt Rosenthal Steinhoff "
            "Thiessen Ullrich Vossberg Wendland Zumwinkel Brodersen Hellwig Kirchhoff Lohmann Rademacher "
            "Sievers Tiedemann Wiechert"
        ),
        "nl": (
            "van_Aalst Bakhuis Coppens van_Diepen Elzinga Feenstra Groeneweg Hoekstra IJzerman Jonker "
            "Kloosterman Lammers Meijerink Nauta Oosterhof Postma van_Rossem Schaafsma Terpstra "
            "Uitenbroek Veenstra Wiersma Zijlstra de_Bruin Dijkhuizen van_der_Horst Kuipers Roelofs "
            "ter_Horst Vroom Wolters Zandstra"
        ),
        "gb": (
            "Ashcombe Barraclough Chowdhury Dunmore Ellerby Fairweather Gillespie Hathersage Ingleby "
            "Jessop Kettlewell Lockhart MacInnes Netherton Okafor Pemberley Quigley Ramsbottom Sedgwick "
            "Thackray Umney Venables Winstanley Yardley Addo Bhatt Crowther Drummond Farrow Holroyd "
            "Lister Nuttall"
        ),
        "fr": (
            "Aubertin Blanchet Charpentier Delacourt Escoffier Fontenay Garnier Hautbois Jaquemin Kerbrat "
            "Lacombe Marchandeau Nivelle Ollivier Perrault Quéméneur Roussillon Sauvageot Tisserand "
            "Vauquelin Benali Chauvet Dufresne Gosselin Haddad Lemoine Maillard Pelletier Rivoire "
            "Serrault Thévenot Vasseur"
        ),
        "es": (
            "Aguirrezabala Barrientos Cifuentes Domenech Echeverría Figueroa Galdeano Hinojosa Iglesias "
            "Jurado Lizarraga Montesinos Narváez Olivares Pedraza Quiroga Requena Santamaría Tejedor "
            "Urrutia Valdivieso Yáñez Zubiaurre Carrascal Ferrándiz Llorente Mondragón Orellana Peñalver "
            "Rivas Sepúlveda Zabaleta"
        ),
        "it": (
            "Albanese Bellandi Carminati Dallavalle Ercolani Fumagalli Gambardella Iannone Lombardini "
            "Mastroianni Nardini Orsini Pellegrino Quaranta Ravasi Santoro Tagliabue Ubaldi Vannucci "
            "Zanetti Baldassarre Colombini Ferraris Locatelli Montanari Palmieri Righetti Spadaro "
            "Tedeschi Viscardi Zambelli Donati"
        ),
        "pl": (
            "Adamczyk Bielak Chmielewska Domagała Fijałka Gajda Hajduk Jagoda Kubiak Lisek Madej Nowicka "
            "Olszak Pawlik Rogala Sikora Tomczak Urbaniak Wrona Zając Baran Czajka Drozd Gołąb Kaczor Maj "
            "Pietrzak Skiba Szewczyk Walczak Wilk Żurek"
        ),
        "se": (
            "Ahlgren Bergdahl Cederholm Dahlqvist Ekström Fagerlund Granath Hellström Isaksson Jernberg "
            "Källström Lindvall Malmgren Norrby Odelberg Palmqvist Rosengren Sandell Tegnér Ulvsson "
            "Wallander Åkerblom Ågren Öhman Björklund Engdahl Forsgren Hedlund Lagergren Nyström Stenmark "
            "Vikström"
        ),
        "pt": (
            "Albuquerque Barbosa Cardoso Damasceno Esteves Falcão Godinho Henriques Januário Leitão "
            "Magalhães Noronha Oliveira Pacheco Quaresma Ramalho Serrano Teixeira Uchoa Vasconcelos "
            "Azinheira Brandão Coutinho Figueira Gouveia Lacerda Meireles Nogueira Pimentel Rebelo "
            "Sampaio Valadares"
        ),
        "ie": (
            "Ahearne Brannigan Costigan Devaney Egan Flaherty Geraghty Hanrahan Joyce Kinsella Lannigan "
            "McGettigan Naughton O'Halloran Phelan Quinlan Rafferty Scanlon Tierney Walshe Considine "
            "Dempsey Fogarty Gilhooly Hennessy Keaveney Lenihan Mulcahy Nestor O'Driscoll Prendergast "
            "Roche"
        ),
        "be": (
            "Aerts Bogaerts Claessens De_Clercq Everaert Fransen Goossens Huybrechts Jacquemotte Keppens "
            "Lambrecht Michiels Nauwelaerts Ooms Peeters Quintens Renard Segers Toussaint Uyttendaele "
            "Verhaegen Wauters Baeten Collignon Delvaux Lejeune Maes Nijs Simonis Thijs Vandamme Willems"
        ),
    }.items()
}

# Mail hosts of private people; .example can never be registered.
MAIL_HOSTS: Mapping[str, tuple[str, ...]] = {
    "de": ("briefkasten.example", "nordmail.example"),
    "at": ("alpenpost.example", "briefkasten.example"),
    "nl": ("brievenbus.example", "polderpost.example"),
    "be": ("brievenbus.example", "courrier-belge.example"),
    "gb": ("letterbox.example", "islepost.example"),
    "ie": ("litirbhosca.example", "islepost.example"),
    "fr": ("boite-lettres.example", "courriel.example"),
    "es": ("buzon.example", "correo-sur.example"),
    "pt": ("caixa-postal.example", "correio.example"),
    "it": ("casella.example", "posta-viva.example"),
    "pl": ("skrzynka.example", "poczta-mila.example"),
    "se": ("brevlada.example", "nordmail.example"),
}

# Letters that Unicode does not take apart into a base letter and an accent.
UNDECOMPOSED = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "æ": "ae", "'": "", "’": ""})


def draw_name(rng: Random, country: str) -> tuple[str, str]:
    """A first and a last name."""
    names = SAME_NAMES_AS.get(country, country)
    return rng.choice(FIRST_NAMES[names]), rng.choice(LAST_NAMES[names])


def slug_of(text: str) -> str:
    """Lower-case ASCII letters and digits, anything else as single hyphens."""
    plain = unicodedata.normalize("NFKD", text.translate(UNDECOMPOSED)).encode("ascii", "ignore").decode()
    words = "".join(sign if sign.isalnum() else " " for sign in plain.lower()).split()
    return "-".join(words)


def address_of(first: str, last: str, domain: str) -> str:
    return f"{slug_of(first)}.{slug_of(last).replace('-', '')}@{domain}"
