"""Mails handed over a second, beside a bare loop of the same client to the same server in the same run.

The server is a process of its own and answers the final dot after 2 ms. With RIPELINE_BENCH_CRASH=1 the crash tests
are run at full size instead: 50 workers killed over 5,000 people, and PostgreSQL stopped at once ten times.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.bench.database import set_up

if TYPE_CHECKING:
    from ripeline.people.models import Contact

MAILS = int(os.environ.get("RIPELINE_BENCH_MAILS", "3000"))
LINES = 8
TURNS = 3
MAIL = b"From: ann@ours.example\r\nSubject: Hello\r\nMessage-ID: <a@b>\r\n\r\n" + b"x" * 70 + b"\r\n"


def main() -> None:
    """Prints the figures."""
    if os.environ.get("RIPELINE_BENCH_CRASH"):
        crashes()
        return
    subprocess.run([sys.executable, "-m", "ripeline", "migrate"], check=True, stdout=subprocess.DEVNULL)
    set_up()
    from django.db import connection

    from tests.nurture.sending.post import make_people

    people = make_people(*(f"d{n}.example" for n in range(50)), each=MAILS // 50)
    bare, ours = [], []
    with sink() as port:
        for turn in range(TURNS):
            bare.append(asyncio.run(bare_loop(port, MAILS)))
            ours.append(engine_rate(port, people, turn))
    share = statistics.median(mine / alone for mine, alone in zip(ours, bare, strict=True))
    where = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    print(f"mails handed over, {LINES} lines, {where}\t{statistics.median(ours):,.0f} a second")
    print(
        f"a bare loop of aiosmtplib in the same run, {LINES} lines\t{statistics.median(bare):,.0f} a second"
    )
    print(f"share of the bare loop, {where}\t{share:.0%}")


def crashes() -> None:
    """Prints what became of everybody when workers were killed, and PostgreSQL was stopped."""
    database = "postgresql" if os.environ.get("RIPELINE_DATABASE_URL") else "sqlite"
    for kills, restarts, workers in ((50, 0, 2), (0, 10, 2)):
        if restarts and database == "sqlite":
            continue
        sizes = {"people": 5000, "kills": kills, "restarts": restarts, "workers": workers}
        asked = [part for name, number in sizes.items() for part in (f"--{name}", str(number))]
        command = [sys.executable, "-m", "tests.nurture.sending.crashes", "--database", database, *asked]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        print(f"{kills} kills, {restarts} restarts, {workers} workers, {database}\t{done.stdout.strip()}")
        done.check_returncode()


async def bare_loop(port: int, mails: int) -> float:
    """Mails a second of the client alone."""
    from aiosmtplib import SMTP

    left = iter(range(mails))

    async def one_line() -> None:
        async with SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for number in left:
                await client.sendmail("ann@ours.example", [f"p{number}@theirs.example"], MAIL)

    begun = time.perf_counter()
    await asyncio.gather(*(one_line() for _ in range(LINES)))
    return mails / (time.perf_counter() - begun)


def engine_rate(port: int, people: Sequence[Contact], turn: int) -> float:
    """Mails a second of the engine, with its ledger, from the first to the last."""
    from ripeline.nurture.sending.engine import Speed
    from ripeline.nurture.sending.models import Delivery
    from tests.nurture.sending.post import engine, send_to

    send_to(people, step=str(turn))
    one = engine(port, speed=Speed(lines=LINES, spare=0))
    begun = time.perf_counter()
    thread = threading.Thread(target=lambda: asyncio.run(one.run()))
    thread.start()
    thread.join()
    took = time.perf_counter() - begun
    assert Delivery.objects.filter(step=str(turn), state="accepted").count() == len(people)
    return len(people) / took


@contextmanager
def sink() -> Iterator[int]:
    """The port of a mail server in a process of its own."""
    command = [sys.executable, "-m", "tests.nurture.sending.sink", "0.002"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdin
    port = int(process.stdout.readline())
    drain = threading.Thread(target=process.stdout.read)
    drain.start()
    try:
        yield port
    finally:
        process.stdin.close()
        process.wait(20)
        drain.join()


if __name__ == "__main__":
    main()
