"""Test set-up for tests/, docs/, README.md and the doctests of the package."""

import importlib
import io
import os
import pkgutil
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from decimal import Decimal
from math import isclose
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import flint
import mpmath
import pytest
from hypothesis import settings
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

import ratapprox
from ratapprox.cli import main

collect_ignore = ["tests/bench/steps.py"]  # a script with arguments, run by tests/bench/test_step.py

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if "CI" in os.environ else "dev")

# One copy of the package is tested: the imported one, usually the installed one. Collecting doctests, pytest looks a
# module up in sys.modules before it loads the file that it found in the checkout; so where the two differ every module
# has to be there already.
if Path(ratapprox.__path__[0]).parent != Path(__file__).parent:
    for module in pkgutil.walk_packages(ratapprox.__path__, "ratapprox."):
        if module.name != "ratapprox.__main__":
            importlib.import_module(module.name)


def pytest_report_header() -> str:
    return f"ratapprox {ratapprox.__version__} from {ratapprox.__path__[0]}"


@pytest.fixture(autouse=True)
def leaves_no_trace() -> Iterator[None]:
    """Working precision is global state in mpmath and python-flint: whoever changes it must put it back."""
    before = (mpmath.mp.prec, flint.ctx.prec, flint.ctx.cap)
    yield
    after = (mpmath.mp.prec, flint.ctx.prec, flint.ctx.cap)
    mpmath.mp.prec, flint.ctx.prec, flint.ctx.cap = before
    assert after == before, (
        f"(mp.prec, flint.ctx.prec, flint.ctx.cap) was {before} before the test and is {after} after it"
    )


def run_console(example: Example) -> None:
    """Run the `$ ratapprox …` lines of a console block and compare what they print, numbers to ten digits."""
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*(?:\n|\Z))*)", str(example.parsed), re.MULTILINE):
        program, *words = shlex.split(command)
        assert program == "ratapprox", f"only ratapprox is run in the documents: {command}"
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed), pytest.raises(SystemExit):
            main(words)
        if not say_the_same(expected, printed.getvalue()):
            raise AssertionError(f"$ {command}\n\nexpected\n\n{expected}\nprinted\n\n{printed.getvalue()}")


def write_file(example: Example) -> None:
    """Write a ```py block into the file that its first line names, `# name.py`, for the commands that follow it."""
    text = str(example.parsed)
    found = re.match(r"# ([a-z_]+\.py)\n", text)
    assert found, f"a block of a file begins with its name, such as `# chapter.py`: {text[:40]}"
    Path(found[1]).write_text(text, encoding="utf-8")


def say_the_same(expected: str, printed: str) -> bool:
    """Equal words, and numbers equal to ten digits or to a unit of their last one: beyond that machines differ."""
    number = re.compile(r"(-?\d+\.?\d*(?:[eE][+-]?\d+)?)")
    ours, theirs = (number.split(" ".join(text.split())) for text in (expected, printed))
    return len(ours) == len(theirs) and all(
        isclose(float(a), float(b), rel_tol=1e-10, abs_tol=max(1e-12, unit(a), unit(b)))
        if k % 2
        else a.strip() == b.strip()
        for k, (a, b) in enumerate(zip(ours, theirs, strict=True))
    )


def unit(number: str) -> float:
    """One unit of the last digit that is written; none for an integer."""
    exponent = Decimal(number).as_tuple().exponent
    return 10.0**exponent if isinstance(exponent, int) and "." in number else 0.0


def enter_folder(namespace: dict[str, Any]) -> None:
    """Every document is run in an empty folder of its own."""
    namespace["folder"], namespace["before"] = TemporaryDirectory(), Path.cwd()
    os.chdir(namespace["folder"].name)


def leave_folder(namespace: dict[str, Any]) -> None:
    os.chdir(namespace["before"])
    namespace["folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(),
        CodeBlockParser(language="console", evaluator=run_console),
        CodeBlockParser(language="py", evaluator=write_file),
        SkipParser(),
    ],
    patterns=["*.md"],
    setup=enter_folder,
    teardown=leave_folder,
).pytest()
