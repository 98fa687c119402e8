from typing import Any

import pytest

from ripeline.lifecycle.explain import say_contributions

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ([], ""),
        ([("form", [20.0], 1, 20.0)], "form +20"),
        (
            [("form", [20.0], 1, 20.0), ("white_paper", [10.0, 7.94], 2, 17.94)],
            "form +20, white paper twice +17.9",
        ),
        ([("webinar_form", [0.6, 2.2, 15.0], 3, 17.8)], "webinar form 3 times +17.8"),
        ([("old", [0.01], 1, 0.01), ("spam", [-20.0], 1, -20.0)], "spam -20"),
        ([("email_clicked", [1.0, 1.0, 1.0, 1.0], 4, 4.0)], "email click 4 times +4"),
        ([("page_viewed", [1.0, 1.0], 9, 9.0)], "page view +1, +1 and others +7"),
        (
            [(name, [float(n)], 1, float(n)) for n, name in enumerate("abcdef", 1)],
            "f +6, e +5, d +4 and 3 others +6",
        ),
        (
            [(name, [float(n)], 1, float(n)) for n, name in enumerate("abcd", 1)],
            "d +4, c +3, b +2 and 1 other +1",
        ),
        ([("old", [0.04, 0.04], 90, 0.5)], "+0.5"),
    ],
)
def test_the_score_is_told_by_its_largest_parts(
    told: list[tuple[str, list[float], int, float]], text: str
) -> None:
    evidence: list[dict[str, Any]] = [
        {"signal": signal, "latest": [{"present": it} for it in latest], "times": times, "present": present}
        for signal, latest, times, present in told
    ]
    assert say_contributions(evidence) == text


def contribution(signal: str, *gifts: tuple[str, str, str | None, float]) -> dict[str, Any]:
    """The evidence of one point rule: for each touch its id, kind, subject and points."""
    latest = [dict(zip(("id", "kind", "subject", "present"), gift, strict=True)) for gift in gifts]
    return {
        "signal": signal,
        "times": len(gifts),
        "present": sum(gift[3] for gift in gifts),
        "latest": latest,
    }


def test_points_are_told_by_what_people_did_and_not_by_the_name_of_a_signal() -> None:
    white_paper = contribution("premium", ("1", "asset_downloaded", "white paper launch-plan", 14.0))
    pages = contribution(
        "buying", ("2", "page_viewed", "/pricing", 10.0), ("3", "page_viewed", "/pricing", 10.0)
    )
    rest = contribution("click", *((str(n), "email_clicked", "welcome-1", 1.0) for n in range(4, 9)))
    assert (
        say_contributions([pages, white_paper, rest])
        == "pricing page +10, +10, download white paper launch-plan +14, email click 5 times +5"
    )


def test_one_download_that_two_rules_reward_is_one_thing_with_one_number() -> None:
    download = contribution("download", ("1", "asset_downloaded", "study", 15.0))
    premium = contribution("premium", ("1", "asset_downloaded", "study", 10.0))
    assert say_contributions([download, premium]) == "download study +25"
