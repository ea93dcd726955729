"""Data that come with other packages, imported when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def optional(module: str, package: str, what: str) -> Any:
    """The module of a package that the extra `data` installs.

    Raises ModuleNotFoundError that names the extra when the package is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        said = f"for {what} {package} is needed: pip install 'ratapprox[data]'"
        raise ModuleNotFoundError(said, name=package) from missing
