"""A book: the claims in a file or in the files of a folder, loaded by its path."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

from ratapprox.claims.value import Claim

__all__ = ["Book", "load_book"]

_NEEDED = "give a Python file with claims, or a folder of such files"


class Book:
    """Claims by their ids, in the order of the chapters and of the lines in them.

    Books are Python and are run: load only what you would run yourself.
    """

    def __init__(self, path: Path, chapters: tuple[ModuleType, ...]) -> None:
        self.path, self.chapters = path, chapters
        self._claims: dict[str, Claim] = {}
        self._homes: dict[str, ModuleType] = {}
        for chapter in chapters:
            for found in vars(chapter).values():
                if isinstance(found, Claim) and found.check.__module__ == chapter.__name__:
                    if found.id in self._claims and self._claims[found.id] is not found:
                        raise ValueError(f"{path}: there are two claims {found.id}")
                    self._claims[found.id], self._homes[found.id] = found, chapter

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(self._claims.values())

    def __getitem__(self, id: str) -> Claim:
        return self._claims[id]

    def chapter(self, id: str) -> ModuleType:
        """The module in which a claim stands."""
        return self._homes[id]

    def select(self, pattern: str | None = None, kind: str | None = None) -> tuple[Claim, ...]:
        """The claims whose ids match a pattern such as "ralu.*", of one kind if it is given."""
        return tuple(
            found
            for found in self.claims
            if (pattern is None or fnmatchcase(found.id, pattern)) and kind in (None, found.kind)
        )

    def text_hash(self, id: str) -> str:
        """A digest of the chapter's text: evidence measured with another one is stale."""
        file = self._homes[id].__file__
        return sha256(Path(file or "").read_bytes()).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"Book {self.path.name}: {len(self._claims)} claims in {len(self.chapters)} chapters"


def load_book(path: str | Path) -> Book:
    """The book in a Python file, or in the Python files of a folder (those that begin with _ are not chapters).

    Chapters may import one another with `from chapter import ...` only through the folder: it is on the path while the
    book is loaded. Raises ValueError where there is no book, two claims have one id, or a file is no Python.
    """
    root = Path(path)
    if not root.exists():
        raise ValueError(
            f"there is no book at {str(path)!r}: give a Python file with claims, or a folder of such files"
        )
    files = sorted(root.glob("[!_]*.py")) if root.is_dir() else [root]
    if not files or any(file.suffix != ".py" for file in files):
        raise ValueError(f"{str(path)!r} is no book: {_NEEDED}")
    book = Book(root, tuple(_chapters(root if root.is_dir() else root.parent, files)))
    if not book.claims:
        raise ValueError(f"{str(path)!r} holds no claims: make them with ratapprox.claims.claim")
    return book


def _chapters(folder: Path, files: list[Path]) -> Iterator[ModuleType]:
    prefix = f"_book_{sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"
    package = sys.modules.get(prefix)
    if package is None:
        package = ModuleType(prefix)
        package.__path__ = [str(folder)]  # so that chapters can say `from . import other`
        sys.modules[prefix] = package
    for file in files:
        name = f"{prefix}.{file.stem}"
        module: Any = sys.modules.get(name)
        digest = sha256(file.read_bytes()).hexdigest()
        if module is None or getattr(module, "__digest__", None) != digest:
            spec = importlib.util.spec_from_file_location(name, file)
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            module.__digest__ = digest  # a chapter is run again when its text has changed
            sys.modules[name] = module
            try:
                spec.loader.exec_module(module)
            except SyntaxError as error:
                del sys.modules[name]
                raise ValueError(f"{file}: line {error.lineno}: {error.msg}") from error
            except BaseException:
                del sys.modules[name]
                raise
        yield module
