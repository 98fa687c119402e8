"""Workers killed, and PostgreSQL stopped at once, in the middle of a broadcast: who got what, and who is in doubt.

`python -m tests.nurture.sending.crashes --database postgresql --people 5000 --kills 50 --restarts 10 --workers 2`
makes an installation of its own, sends, and prints what was found as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from tests.nurture.sending.sink import Sink
from tests.postgres import Server, private_postgres

LONGEST = 900.0


@dataclass(frozen=True, slots=True)
class Found:
    """What became of everybody. `lines` is how many were open at once at most, over all workers."""

    people: int
    kills: int
    restarts: int
    lines: int
    accepted: int
    uncertain: int
    doubled: int
    lost: int
    """Said to be taken, and never arrived; or nothing was said of them."""
    uncertain_that_arrived: int
    touches: int
    seconds: float

    @property
    def is_kept(self) -> bool:
        """Whether the promise was kept."""
        most = self.lines * (self.kills + self.restarts)
        return (
            self.doubled == self.lost == 0
            and self.accepted + self.uncertain == self.people == self.touches + self.uncertain
            and self.uncertain <= most
        )


def crash(
    server: Server | None,
    settings: Mapping[str, str],
    *,
    people: int,
    kills: int,
    restarts: int,
    workers: int,
    seed: int = 7,
    delay: float = 0.002,
) -> Found:
    """Sends to everybody while blows fall, in a database without people. `settings` are those of its workers."""
    from tests.nurture.sending.post import engine, make_people, run, send_to

    chance = random.Random(seed)
    everybody = make_people(*(f"d{n}.example" for n in range(10)), each=people // 10)
    send_to(everybody)
    begun = time.monotonic()
    with Sink(delay=delay, keeps=False) as sink:
        _installed_server()
        with _workers(sink.port, workers, settings) as processes:
            blows = ["kill"] * kills + ["restart"] * restarts
            chance.shuffle(blows)
            apart = max(1, int(people * 0.9) // (len(blows) + 1))
            for blow in blows:
                _until_more(sink, apart)
                time.sleep(chance.uniform(0, 0.05))
                if blow == "kill":
                    victim = chance.randrange(len(processes))
                    processes[victim].kill()
                    processes[victim].wait()
                    processes[victim] = _worker(sink.port, settings)
                else:
                    assert server
                    server.stop()
                    time.sleep(chance.uniform(0, 0.3))
                    server.start()
            _until_quiet(sink, people)
        # Whoever died is not heard of for a quarter of an hour.
        run(engine(sink.port, later=timedelta(minutes=20)))
        return _found(sink, len(everybody), kills, restarts, begun)


def _found(sink: Sink, people: int, kills: int, restarts: int, begun: float) -> Found:
    from django.db import connection

    from ripeline.nurture.sending.models import Delivery
    from ripeline.timeline.models import Touch

    connection.close()  # It may have ended with PostgreSQL.
    arrived = sink.counts()
    state = dict(Delivery.objects.values_list("message_id", "state"))
    accepted = {each for each, said in state.items() if said == "accepted"}
    uncertain = {each for each, said in state.items() if said == "uncertain"}
    told = Counter(Touch.objects.filter(kind="email_sent").values_list("contact_id", flat=True))
    return Found(
        people=people,
        kills=kills,
        restarts=restarts,
        lines=sink.most_lines,
        accepted=len(accepted),
        uncertain=len(uncertain),
        doubled=sum(1 for times in arrived.values() if times > 1),
        lost=len(accepted - arrived.keys()) + len(state.keys() - accepted - uncertain),
        uncertain_that_arrived=len(uncertain & arrived.keys()),
        touches=sum(1 for times in told.values() if times == 1),
        seconds=round(time.monotonic() - begun, 1),
    )


def _installed_server() -> None:
    from ripeline.nurture.sending.models import SendingSettings

    named = {"transport": "installed", "from_address": "ann@ours.example", "postal_address": "Ours, 1 Street"}
    SendingSettings.objects.update_or_create(pk=1, defaults=named)


@contextmanager
def _workers(port: int, number: int, settings: Mapping[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [_worker(port, settings) for _ in range(number)]
    try:
        yield processes
    finally:
        for each in processes:
            each.terminate()
        for each in processes:
            each.wait(60)


def _worker(port: int, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A whole worker, as an installation has it."""
    mine = {**settings, "RIPELINE_EMAIL_URL": f"smtp://127.0.0.1:{port}"}
    return subprocess.Popen([sys.executable, "-m", "ripeline", "worker"], env=mine, stderr=subprocess.DEVNULL)


def _until_more(sink: Sink, number: int) -> None:
    wanted = len(sink.taken) + number
    _until(lambda: len(sink.taken) >= wanted)


def _until_quiet(sink: Sink, people: int) -> None:
    """Until everybody has it, or what is left is in the hands of the dead."""
    last, since = len(sink.taken), time.monotonic()
    while last < people and time.monotonic() - since < 2:
        time.sleep(0.1)
        if len(sink.taken) > last:
            last, since = len(sink.taken), time.monotonic()


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not is_so():
        assert time.monotonic() < end, "it never was so"
        time.sleep(0.002)


@contextmanager
def _installation(database: str) -> Iterator[Server | None]:
    with tempfile.TemporaryDirectory(prefix="ripeline-crash-") as folder:
        os.environ.update(
            RIPELINE_DATA_DIR=folder, RIPELINE_DATABASE_URL="", RIPELINE_HISTORY=str(Path(folder) / "h")
        )
        if database == "sqlite":
            yield None
            return
        with private_postgres() as server:
            os.environ["RIPELINE_DATABASE_URL"] = server.address
            yield server


def main() -> int:
    """Prints what was found; 1 where the promise was not kept."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--database", choices=("sqlite", "postgresql"), required=True)
    for name, number in (("people", 600), ("kills", 8), ("restarts", 0), ("workers", 1), ("seed", 7)):
        asked.add_argument(f"--{name}", type=int, default=number)
    asked.add_argument("--delay", type=float, default=0.002)
    given = vars(asked.parse_args())
    with _installation(given.pop("database")) as server:
        subprocess.run([sys.executable, "-m", "ripeline", "migrate"], check=True, stdout=subprocess.DEVNULL)
        from tests.bench.database import set_up

        set_up()
        found = crash(server, os.environ, **given)
    print(json.dumps({**asdict(found), "is_kept": found.is_kept}))
    return 0 if found.is_kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
