"""Letters to many: sent, delivered or bounced, opened by people and machines, clicked, answered, refused."""

from functools import partial
from random import Random

from ripeline.demo.catalogue import (
    BOOK_PAGES,
    DISCOVERY,
    EVALUATION,
    INTRODUCTION,
    ISSUE_TITLES,
    PITCHES,
    WELCOME,
    Letter,
)
from ripeline.demo.life import Life
from ripeline.demo.rhythm import date_of, moment_on, season_of, weekday_of
from ripeline.demo.sales import notice
from ripeline.demo.texts import AWAY, pick, sign
from ripeline.demo.web import visit
from ripeline.lifecycle.instant import DAY, HOUR, MINUTE, SECOND

PITCH_MONTHS = (1, 5, 10)


def plan_letters(life: Life) -> None:
    """The monthly letter on its first Tuesday, and an offer on a Thursday of the busier months."""
    for day in life.year.days:
        today = date_of(day)
        if weekday_of(day) == 1 and today.day <= 7:
            life.plan(sending_time(life.rng, day), partial(send_issue, letter=issue_of(day)))
        elif weekday_of(day) == 3 and 15 <= today.day <= 21 and today.month in PITCH_MONTHS:
            life.plan(sending_time(life.rng, day), partial(send_issue, letter=pitch_of(day)))


def sending_time(rng: Random, day: int) -> int:
    """Letters leave from 7.30 UTC on, as fast as the mail server goes."""
    return day * DAY + 7 * HOUR + 30 * MINUTE + int(rng.random() * 25 * MINUTE)


def issue_of(day: int) -> Letter:
    when = date_of(day)
    links = (DISCOVERY[when.month % 8], EVALUATION[when.month % 6], BOOK_PAGES[when.month % 5])
    return Letter(f"letter-{when:%Y-%m}", ISSUE_TITLES[when.month % len(ISSUE_TITLES)], links)


def pitch_of(day: int) -> Letter:
    when = date_of(day)
    pitch = PITCHES[when.month % 2]
    return Letter(f"{pitch.key}-{when:%Y-%m}", pitch.title, pitch.links)


def send_issue(life: Life, at: int, *, letter: Letter) -> None:
    if life.is_subscribed:
        send(life, at, letter)


def welcome(life: Life, at: int) -> None:
    """Three letters over four weeks to somebody who has just given an address."""
    if life.is_welcomed or life.is_suppressed:
        return
    life.is_welcomed = True
    for letter, days in zip(WELCOME, (0, 8, 24), strict=True):
        life.plan(at + days * DAY + 11 * MINUTE, partial(send_unless_talking, letter=letter))


def send_unless_talking(life: Life, at: int, *, letter: Letter) -> None:
    """Nobody gets a prepared letter from a company they are talking to."""
    if not life.is_handled:
        send(life, at, letter)


def introduce(life: Life, at: int) -> None:
    """Two letters to somebody met or listed, not more: they have not asked for any."""
    for letter, days in zip(INTRODUCTION, (4, 25), strict=True):
        life.plan(sending_time(life.rng, at // DAY + days), partial(send_if_unknown, letter=letter))


def send_if_unknown(life: Life, at: int, *, letter: Letter) -> None:
    if not life.is_known:
        send(life, at, letter)


def send(life: Life, at: int, letter: Letter) -> None:
    """One letter to one person, and what machines do with it; people follow in their own time."""
    if life.is_suppressed:
        return
    rng = life.rng
    life.did(at, "email_sent", letter.key, actor="unknown", title=letter.title)
    if bounce(life, at + rng.randint(2, 30) * SECOND, letter):
        return
    at += rng.randint(2, 45) * SECOND
    life.did(at, "email_delivered", letter.key, actor="unknown")
    if life.person.has_scanner:
        scan(life, at, letter)
    if life.mind.is_behind_proxy:
        seconds = int(rng.expovariate(1 / 3000))
        life.did(at + seconds * SECOND, "email_opened", letter.key, actor="machine", client="privacy proxy")
    if rng.random() < (0.06 if season_of(at // DAY) < 0.5 else 0.012):
        answer_from_away(life, at + rng.randint(3, 40) * SECOND, letter)
    elif not life.is_silent(at):
        plan_reading(life, at, letter)


def bounce(life: Life, at: int, letter: Letter) -> bool:
    """A dead address bounces for good and gets nothing more; any other may be full for a day."""
    if life.mind.is_address_dead:
        life.did(at, "email_bounced", letter.key, actor="unknown", type="hard", reason="550 no such user")
        life.is_suppressed = True
        life.is_subscribed = False
        return True
    if life.rng.random() < 0.006:
        life.did(at, "email_bounced", letter.key, actor="unknown", type="soft", reason="452 mailbox full")
        return True
    return False


def scan(life: Life, at: int, letter: Letter) -> None:
    """A company's link scanner opens the letter and follows every link within seconds of delivery."""
    at += life.rng.randint(1, 6) * SECOND
    life.did(at, "email_opened", letter.key, actor="machine", client="link scanner")
    for link in letter.links:
        at += life.rng.randint(0, 3) * SECOND
        life.did(at, "email_clicked", letter.key, actor="machine", link=link, client="link scanner")
        if life.rng.random() < 0.3:
            life.did(at + SECOND, "page_viewed", link, actor="machine", seconds=0)


def answer_from_away(life: Life, at: int, letter: Letter) -> None:
    until = date_of(at // DAY + life.rng.randint(3, 21))
    text = AWAY[life.person.language].format(day=until.day, month=until.month)
    life.did(at, "auto_replied", letter.key, actor="machine", text=text)


def plan_reading(life: Life, at: int, letter: Letter) -> None:
    """People open a letter when they get round to it: most the same day, some days later, many never."""
    rng = life.rng
    if rng.random() > life.mind.mail_habit * (0.3 + 0.75 * life.intent(at)):
        return
    day = at // DAY + rng.choices((0, 1, 2, 4), (60, 25, 10, 5))[0]
    opened = moment_on(rng, day, life.habit, life.person.place)
    if opened < at:
        opened = life.soon(at, 5)
    life.plan(opened, partial(read, letter=letter))


def read(life: Life, at: int, letter: Letter) -> None:
    """Opening, then perhaps a click, an answer, or a goodbye."""
    rng = life.rng
    intent = life.intent(at)
    clicks = rng.random() < 0.08 + 0.4 * intent
    life.did(at, "email_opened", letter.key, actor="human" if clicks else "unknown")
    at += rng.randint(8, 90) * SECOND
    if clicks:
        link = rng.choice(letter.links)
        life.did(at, "email_clicked", letter.key, link=link)
        visit(life, at + 2 * SECOND, source="letter", landing=link)
    elif rng.random() < 0.05 * (1.1 - intent):
        leave(life, at, letter)
    if is_asking(letter) and life.is_ready_to_talk(at) and rng.random() < 0.5 * intent * life.mind.openness:
        at = life.soon(at, 2)
        life.did(at, "email_replied", letter.key, text=sign(pick(rng, "reply", life.person), life.person))
        notice(life, at)


def is_asking(letter: Letter) -> bool:
    """Whether the letter invites an answer; a list of news does not."""
    return not letter.key.startswith("letter-")


def leave(life: Life, at: int, letter: Letter) -> None:
    """Unsubscribed, or, rarely, reported as unwanted."""
    if life.rng.random() < 0.12:
        life.did(at, "complained", letter.key)
    else:
        life.did(
            at, "unsubscribed", letter.key, reason=life.rng.choice(("too many", "not for me", "")) or None
        )
    life.is_suppressed = True
    life.is_subscribed = False
    life.tags.discard("newsletter")


def start_letters(life: Life, at: int) -> None:
    """Listed people who had our letter before keep it; the others are introduced to us."""
    if life.person.source == "previous tool" and life.rng.random() < 0.3:
        life.is_subscribed = True
        life.tags.add("newsletter")
    else:
        introduce(life, at)
