"""What people write and say: short, in their own words, with the genre and the number of books they have."""

from collections.abc import Mapping
from random import Random

from ripeline.demo.people import Person

TEXTS: Mapping[str, tuple[str, ...]] = {
    "reply": (
        "Yes, this is where I am stuck. The readers I know buy all I write, and there are forty of them.",
        "Good timing. My next book ({genre}) comes out in ten weeks and I have no plan beyond a post or two.",
        "Thanks, that helped. What would it cost to have somebody look at my launch?",
        "I have {books} out and the back list earns next to nothing. Can that be turned round?",
        "I spend more on adverts than the book brings in. Could we talk?",
        "Honest question: does any of this work for {genre}?",
        "My cover was done by a friend and I think it is what keeps readers away. Do you look at covers too?",
        "Could you call me next week? Mornings are best.",
        "I never know what to write to my readers between two books.",
        "Do you work with authors who write in their own language only?",
    ),
    "closing_reply": (
        "Agreed, send me the invoice please. I am looking forward to it.",
        "Yes, let us do it. I would like to begin before the month is over.",
        "We talked it over and we take it. Which dates do you have?",
        "Good, I accept the quote. Please use the address below.",
    ),
    "enquiry": (
        "I write {genre} and sell to the same few readers every time. Where would you begin?",
        "What does a launch plan cost, and how long does it take?",
        "Can I book an hour with you before I decide about the course?",
        "Is the course also for somebody who has {books} out already?",
        "My launch is in spring. Is that too late to plan anything?",
    ),
    "wish": (
        "A launch plan for one title ({genre}), three languages, start in two months.",
        "Help with selling from my own site: shop, newsletter, first campaign.",
        "Launch of my next book ({genre}). Please quote for the plan and the follow-up.",
    ),
    "chat": (
        "Asked whether the course is live or recorded, and how much time a week it takes.",
        "Wanted to know if we work with {genre}. Left an address for later.",
        "Asked what the difference between the audit and consulting is.",
        "Could not find the invoice for the e-book; then asked about the course.",
    ),
    "call_note": (
        "Writes {genre}, {books} out. Sells to friends of friends; knows it. Wants a plan, not tips.",
        "Launch date fixed, printing paid for, nothing planned for readers. Open about numbers.",
        "Two launches went badly. Compares us with doing nothing. Good questions about the weeks after.",
        "Runs everything alone beside a job. Time is the pain, more than money.",
        "Has a list of 300 readers and has not written to them for a year.",
        "Likes the idea of a shop of their own, is afraid of the technology. Send the crime series case.",
        "Margins are the pain: more than half goes to the stores. Wants a third sold directly within a year.",
        "Cover and blurb do not fit {genre}. Saw it without being told.",
    ),
    "meeting_note": (
        "Went through the last launch week by week. We agreed what a plan must hold and who does what.",
        "Looked at the shop together. Decided: one title first, then the back list. Quote by Friday.",
        "Partner joined. Both want it, budget is there if it can be paid in two parts.",
        "Showed two cases. They picked the smaller scope. Starts after the fair.",
    ),
    "met_note": (
        "Talked at the stand for ten minutes. Has a series ({genre}), looks for readers abroad.",
        "Came to the talk on covers, stayed for questions. Took the checklist.",
        "Introduced by a bookseller. Publishes alone, thinks about a second edition.",
    ),
    "social_question": (
        "Do you have something on pricing a first book? I write {genre}.",
        "Is this course open for people outside the euro countries too?",
        "How long before a launch would you begin with this?",
    ),
    "social_comment": (
        "So true for {genre}.",
        "Saved this for my next launch.",
        "The part about covers hurt. In a good way.",
        "We tried this last spring and it worked better than adverts.",
        "I wish I had read this before my first book.",
    ),
    "price": (
        "It is more than the book will earn this year. Not now, ask me again after the next royalties.",
        "I would like to, but the money went into printing. No for now.",
        "Too much for one title. Perhaps when the second is out.",
    ),
    "timing": (
        "The manuscript is late. Let us speak when I have a date.",
        "Not before the fair, we are all busy with that.",
        "My day job eats everything until summer.",
    ),
    "authority": (
        "I would do it today, but our director signs everything above 200 euros.",
        "I need to bring this to the others, we meet once a quarter.",
    ),
    "need": (
        "I have somebody for this now.",
        "Our books sell well enough without it, I was only curious.",
        "I went back to my old publisher.",
    ),
    "other": (
        "A colleague recommended somebody in our town.",
        "I would rather work with somebody who speaks my language.",
    ),
    "message": (
        "You read about launch plans: shall I show you one that fits {genre}?",
        "I tried to reach you by phone. When would suit you?",
        "A short question about your next book: is the date fixed?",
        "You asked for the checklist. Did it help with the cover?",
    ),
    "reject": (
        "Student, writes a paper about small presses.",
        "Looks for a publisher, not for help with selling.",
        "Wants us to review a manuscript, which we do not do.",
        "Only collects free material; said so.",
    ),
    "disqualify": (
        "Works for a competitor.",
        "Sells advertising to us.",
        "Invented details, the number belongs to nobody.",
        "Asked not to be contacted by sales again.",
    ),
    "stage_reason": (
        "Met in person, knows the offer; belongs further up than the score says.",
        "Came in through a friend of the house.",
        "Score comes from a colleague using the same address.",
    ),
}

# What only publishers and their staff would say, besides the above.
HOUSE_TEXTS: Mapping[str, tuple[str, ...]] = {
    "reply": (
        "I read your piece about own shops twice. We pay away almost half of each sale. Is there a way out?",
        "We are three people and nobody has time for a newsletter. Who does that for others?",
        "Our list is good, mostly {genre}, and hardly anybody finds it. What would you look at first?",
    ),
    "enquiry": (
        "We publish about eight titles a year and would like to sell some of them ourselves.",
        "Could you spend a day with our team before the autumn list?",
    ),
    "wish": (
        "A review of our catalogue, about twenty titles, and a day with the team.",
        "Direct sales for our list ({genre}): shop, newsletter, first campaign.",
    ),
    "need": ("We have somebody for this now.",),
    "authority": ("I need to bring this to the board, which meets once a quarter.",),
}

# What each objection comes to, as sales notes it beside a lost deal or somebody sent back.
OBJECTIONS: Mapping[str, str] = {
    "price": "The price, for now.",
    "timing": "Not the right time.",
    "authority": "Somebody else decides.",
    "need": "No need.",
    "other": "Chose somebody else.",
}

# Genres as people name what they write, where that is more than the genre's key.
_GENRE_WORDS: Mapping[str, str] = {"historical": "historical fiction", "children": "children's books"}

# How a mail program answers while its owner is away, by language, and with the day as it is written there.
AWAY: Mapping[str, str] = {
    "de": "Vielen Dank für Ihre Nachricht. Ich bin bis zum {day}.{month}. nicht im Büro.",
    "nl": "Bedankt voor je bericht. Ik ben afwezig tot {day}-{month}.",
    "en": "Thank you for your message. I am out of the office until {day}/{month}.",
    "fr": "Merci de votre message. Je suis absent du bureau jusqu'au {day}/{month}.",
    "es": "Gracias por su mensaje. Estaré fuera de la oficina hasta el {day}/{month}.",
    "it": "Grazie per il messaggio. Sarò fuori ufficio fino al {day}/{month}.",
    "pl": "Dziękuję za wiadomość. Jestem poza biurem do {day}.{month:02}.",
    "sv": "Tack för ditt mejl. Jag är inte på kontoret förrän den {day}/{month}.",
    "pt": "Obrigado pela mensagem. Estou ausente até {day}/{month}.",
}
# How people take leave in their own language even when they write English to us.
CLOSINGS: Mapping[str, str] = {
    "de": "Viele Grüße",
    "nl": "Groeten",
    "en": "Best wishes",
    "fr": "Bien à vous",
    "es": "Un saludo",
    "it": "Cordiali saluti",
    "pl": "Pozdrawiam",
    "sv": "Hälsningar",
    "pt": "Com os melhores cumprimentos",
}


def pick(rng: Random, kind: str, person: Person) -> str:
    """One of the texts of a kind, about this person's books."""
    texts = TEXTS[kind] + (HOUSE_TEXTS.get(kind, ()) if person.role == "publisher" else ())
    if not person.books:
        texts = tuple(text for text in texts if "{books}" not in text)
    genre = _GENRE_WORDS.get(person.genre, person.genre)
    return rng.choice(texts).format(genre=genre, books=say_books(person.books))


def sign(text: str, person: Person) -> str:
    """A letter's end, as people sign."""
    return f"{text}\n\n{CLOSINGS[person.language]}, {person.first_name}"


def say_product(product: str) -> str:
    """A product as people speak of it: `launch plan` for `consulting-launch-plan`."""
    return product.partition("-")[2].replace("-", " ")


def say_books(number: int) -> str:
    """`one book`, `two books`, `11 books`."""
    small = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return f"{small[number] if number < len(small) else number} book{'s' * (number != 1)}"
