"""Activation functions at equal steps and at equal times, from histories of which everything is known."""

from __future__ import annotations

import pytest

from ratapprox.cli.train_report import report
from ratapprox.networks.comparison import compare
from ratapprox.networks.sweep import Answer, Fate


def answer(name, seed, steps, seconds, errors, attempts=1):
    history = {"steps": steps, "seconds": seconds, "loss": errors, "error": errors}
    value = {
        "parameters": 7,
        "metric": "error",
        "error": [errors[-1]],
        "validation": [errors[-1]],
        "endings": ["the budget is spent"],
        "curves": [history],
        "loss": [errors[-1]],
    }
    return Answer({"activation": name, "seeds": [seed]}, f"{name}{seed}", Fate.DONE, value, attempts=attempts)


def answers(slow, fast):
    """Both lose a power of ten in 10 steps; steps take so many seconds."""
    return [
        answer(name, seed, [0, 10, last], [0.0, 10 * each, last * each], [1.0, 0.1, 10 ** (-last / 10)])
        for name, each, last in (("slow", *slow), ("fast", *fast))
        for seed in (0, 1)
    ]


def test_at_equal_times_the_slower_is_as_it_was_earlier():
    found = compare(answers((0.1, 20), (0.05, 20)), "error")
    assert found.equal("steps") is None  # the end is that already
    at, means = found.equal("seconds")
    assert at == 1.0 and means == pytest.approx((0.1, 0.01), rel=1e-12)
    lines = report(found, "words").splitlines()
    assert lines[2].split("  ")[-1] and "after 1 s" in lines[2] and "steps" not in lines[2]
    assert "1.00e-01" in lines[3] and lines[4].count("1.00e-02") == 2


def test_at_equal_steps_the_quicker_is_as_it_was_earlier():
    found = compare(answers((0.1, 20), (0.05, 40)), "error")
    assert found.equal("seconds") is None
    at, means = found.equal("steps")
    assert at == 20 and means == pytest.approx((0.01, 0.01), rel=1e-12)
    assert "after 20 steps" in report(found, "words")


def test_times_that_say_nothing_are_left_out():
    assert compare(answers((0.001, 20), (0.005, 20)), "error").equal("seconds") is None
    assert compare(answers((0.1, 20), (0.05, 20))[:2], "error").equal("seconds") is None
    assert compare(answers((0.1, 20), (0.05, 20))[1:], "error").equal("seconds") is None


def test_networks_that_were_begun_again_are_counted():
    again = [*answers((0.1, 20), (0.1, 20)), answer("slow", 2, [0, 1], [0.0, 1.0], [1.0, 0.5], attempts=2)]
    assert report(compare(again, "error"), "words").endswith("1 of the networks were begun again: a process had died")
