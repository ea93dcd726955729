"""Test set-up for tests/, docs/, README.md and the doctests of the package."""

import importlib
import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import flint
import mpmath
import pytest
from hypothesis import settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

import ratapprox

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


pytest_collect_file = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()], patterns=["*.md"]).pytest()
