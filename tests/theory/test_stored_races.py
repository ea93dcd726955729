"""Stored errors of the chapters on the video, the sound's start and oscillations give their stored verdicts."""

import json
from pathlib import Path
from statistics import geometric_mean

import pytest

from ratapprox.networks.statistics import paired_ratio

EVIDENCE = Path(__file__).parents[2] / "theory" / "evidence"


def stored(pattern):
    files = sorted(EVIDENCE.glob(pattern))
    assert files
    return [json.loads(file.read_text(encoding="utf-8"))["evidence"] for file in files]


def beats(known, under, over):
    """Whether both intervals of over/under lie above 1."""
    return all(
        paired_ratio(known[over][what], known[under][what]).interval[0] > 1 for what in ("errors", "errors_equal_time")
    )


def verdict(met):
    return "holds" if all(met) else "holds when" if any(met) else "fails"


@pytest.mark.parametrize(("pattern", "ours"), [("video.*", "RAF"), ("sound_start.*", "RAF for sounds")])
def test_a_recording_is_judged_rival_by_rival(pattern, ours):
    for evidence in stored(pattern):
        (each,) = evidence["data"]["races"]
        known = each["contenders"]
        assert len(each["seeds"]) >= 8
        assert all(known[rival]["parameters"] >= known[ours]["parameters"] for rival in known)
        assert evidence["verdict"] == verdict([beats(known, ours, rival) for rival in ("relu", "tanh", "sin(30x)")])


def test_a_period_counts_where_the_solution_is_found_and_every_baseline_beaten():
    for evidence in stored("oscillations.*"):
        races = evidence["data"]["races"]
        assert [each["problem"] for each in races] == ["oscillating(k=1)", "oscillating(k=2)", "oscillating"]
        met = [
            geometric_mean(each["contenders"][ours]["errors"]) < 0.1
            and all(beats(each["contenders"], ours, rival) for rival in ("tanh", "sine", "relu³"))
            for each in races
            for ours in ("RAF, learned", "RAF, blocks")
        ]
        assert evidence["verdict"] == verdict(met)
