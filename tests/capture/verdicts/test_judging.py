"""People told from machines: the shipped rules, and how they are read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from ripeline.capture.verdicts.judging import Facts, judge
from ripeline.capture.verdicts.rules import BadRules, load_rules, shipped_rules
from ripeline.lifecycle.written import read_yaml

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SHARED = Path(os.environ.get("RIPELINE_SHARED", Path(__file__).parents[3].parent / "shared"))
LISTS = SHARED / "data"
NO_LISTS = f"the shared data is not at {SHARED}"


def actor(agent: str = FIREFOX, method: str = "POST", marks: Iterable[str] = (), network: str = "") -> str:
    """What the shipped rules say."""
    return judge(Facts(agent, method, tuple(marks), network), shipped_rules()).actor


def test_a_browser_is_a_persons() -> None:
    verdict = judge(Facts(FIREFOX, "POST"), shipped_rules())
    assert (verdict.actor, verdict.signals) == ("human", ("browser",))
    assert verdict.rules_version == shipped_rules().version


@pytest.mark.parametrize(
    ("facts", "signal"),
    [
        (Facts(""), "no-agent"),
        (Facts("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), "names-itself"),
        (Facts("python-requests/2.32"), "library"),
        (Facts("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 DareBoost"), "known-robot"),
        (Facts(FIREFOX, "HEAD"), "asked-for-the-head-alone"),
        (Facts(FIREFOX, "POST", ("webdriver",)), "webdriver"),
        (Facts(FIREFOX, "GET", ("honeypot",)), "webdriver"),
        (Facts(FIREFOX, "GET", ("prefetch",)), "fetched-in-advance"),
        (Facts(FIREFOX, "GET", ("all-links",)), "all-links-at-once"),
        (Facts(FIREFOX, "POST", (), "datacentre:aws"), "data-centre"),
        (Facts("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0 Safari/537.36"), "driven-by-a-program"),
        (Facts("Mozilla/5.0 (compatible; Barracuda Sentinel)"), "mail-scanner"),
    ],
)
def test_a_machine_gives_itself_away(facts: Facts, signal: str) -> None:
    verdict = judge(facts, shipped_rules())
    assert verdict.actor == "machine"
    assert signal in verdict.signals


def test_where_there_is_a_doubt_nobody_can_tell() -> None:
    assert actor(marks=["no-languages"]) == "unknown"
    assert actor(network="relay:apple") == "unknown"
    assert (
        actor("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)")
        == "unknown"
    )


@pytest.mark.skipif(not LISTS.exists(), reason=NO_LISTS)
def test_of_known_machines_99_in_100_are_called_so() -> None:
    crawlers = _listed(read_yaml((LISTS / "isbot/fixtures/crawlers.yml").read_text()).plain)
    robots = json.loads((LISTS / "crawler_user_agents/crawler-user-agents.json").read_text())
    instances = [agent for each in robots for agent in each["instances"]]
    for agents, least in ((crawlers, 626), (instances, 2_000)):
        assert len(agents) >= least
        missed = [agent for agent in agents if actor(agent) != "machine"]
        assert len(missed) <= 0.01 * len(agents), missed


@pytest.mark.skipif(not LISTS.exists(), reason=NO_LISTS)
def test_of_real_browsers_not_5_in_1000_are_called_machines() -> None:
    sections = read_yaml((LISTS / "isbot/fixtures/browsers.yml").read_text()).plain
    agents = _listed(sections)
    assert len(agents) >= 555
    wrong = [agent for agent in agents if actor(agent) == "machine"]
    assert len(wrong) <= 0.005 * len(agents), wrong


def test_the_version_is_of_what_the_rules_say_and_not_of_how_they_are_written() -> None:
    one = load_rules("rules: [{signal: x, says: machine, mark: [a]}]")
    same = load_rules("# a word\nrules:\n  - says: machine\n    signal: x\n    mark:\n      - a\n")
    other = load_rules("rules: [{signal: x, says: unknown, mark: [a]}]")
    assert one.version == same.version != other.version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [", r"^Line \d+: not readable as YAML: (?!.*YAML)"),
        ("[]", "needs 'rules'"),
        ("rules: [1]", "needs a 'signal'"),
        ("rules: [{signal: x, says: robot, mark: [a]}]", "human, machine or unknown"),
        ("rules: [{signal: x, says: machine}]", "needs one of"),
        ("rules: [{signal: x, says: machine, mark: [a], method: [b]}]", "needs one of"),
        ("rules: [{signal: x, says: machine, agent: ['(']}]", "cannot be read"),
        ("rules: [{signal: x, says: machine, listed: [my-bots]}]", "'my-bots' as a list; there is is-bot"),
        ("rules: []" + " " * 200_000, "more than 200,000 letters"),
        ("rules: [{signal: x, says: machine, mark: a}]", "list of texts"),
        ("rules: [{signal: x, says: machine, mark: []}]", "nothing in 'mark'"),
        ("rules: [{signal: x, says: machine, marks: [a]}]", "'marks', which no rule has"),
    ],
)
def test_rules_that_cannot_be_used_are_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(BadRules, match=said):
        load_rules(text)


def _listed(sections: dict[str, list[object]]) -> list[str]:
    return [str(agent) for agents in sections.values() for agent in agents]
