"""A book: the claims in a file or in the files of a folder, loaded by its path."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate
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

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.path if self.path.is_dir() else self.path.parent

    def beside(self, stem: str) -> ModuleType | None:
        """A file of the folder that is no chapter, run anew; None where there is none. It may import the chapters."""
        file = self.folder / f"{stem}.py"
        if not file.is_file():
            return None
        _texts(file.resolve())  # what is no Python is said so
        return _run(f"{self.chapters[0].__name__.rpartition('.')[0]}.{stem}", file)

    def text_hash(self, id: str) -> str:
        """A digest of the text that was loaded, of the chapter and of what it imports from the book's folder.

        Evidence measured with another one is stale. What a claim expects, quotes and answers to is left out: it may be
        written after an experiment, and decides nothing in it. Imports are those that are written as such, `from .other
        import name`, wherever they stand; what is imported by a computed name is not seen.
        """
        digest: str = vars(self._homes[id])["__digest__"]
        return digest[:16]

    def __repr__(self) -> str:
        return f"Book {self.path.name}: {len(self._claims)} claims in {len(self.chapters)} chapters"


def load_book(path: str | Path) -> Book:
    """The book in a Python file, or in the Python files of a folder (those that begin with _ are not chapters).

    Chapters may import one another, and files that are none, with `from .other import name`. All are run again when one
    of them has changed. Raises ValueError where there is no book, two claims have one id, or a file is no Python.
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
    texts = {file: _texts(file.resolve()) for file in files}
    now = {file: text for of in texts.values() for file, text in of.items()}
    package: Any = sys.modules.get(prefix)
    if package is None or any(package.__texts__.get(file, text) != text for file, text in now.items()):
        for name in [name for name in sys.modules if name.startswith(f"{prefix}.")]:
            del sys.modules[name]  # which of them hold values of the file that has changed is not known
        importlib.invalidate_caches()
        package = sys.modules[prefix] = ModuleType(prefix)
        package.__path__ = [str(folder)]  # so that chapters can say `from . import other`
        package.__texts__ = {}  # what was run, by file
    package.__texts__.update(now)
    for file in files:
        module: Any = sys.modules.get(f"{prefix}.{file.stem}") or _run(f"{prefix}.{file.stem}", file)
        module.__digest__ = _digest(texts[file])
        yield module


def _texts(chapter: Path) -> dict[Path, bytes]:
    """The text of a file and of all that it imports from its folder, itself first, the others by their names."""
    found: dict[Path, bytes] = {}
    waiting = [chapter]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found[file] = file.read_bytes()
            waiting += _imported(file, found[file])
    return {file: found[file] for file in [chapter, *sorted(found.keys() - {chapter})]}


@lru_cache(maxsize=256)
def _imports(text: bytes) -> tuple[ast.ImportFrom, ...]:
    """The relative imports of a text."""
    nodes = ast.walk(ast.parse(text))
    return tuple(node for node in nodes if isinstance(node, ast.ImportFrom) and node.level)


def _imported(file: Path, text: bytes) -> Iterator[Path]:
    """The files beside it that a file imports."""
    try:
        found = _imports(text)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{file}: line {getattr(error, 'lineno', 1)}: {getattr(error, 'msg', error)}") from error
    for node in found:
        parts = node.module.split(".") if node.module else []
        above = file.parents[min(node.level, len(file.parents)) - 1]
        for alias in node.names:  # a name may be a module itself
            whole = [*parts, alias.name]
            for k in range(1, len(whole) + 1):
                beside = above.joinpath(*whole[:k])
                yield from filter(Path.is_file, (beside.with_suffix(".py"), beside / "__init__.py"))


def _digest(texts: dict[Path, bytes]) -> str:
    """Of the text alone if it imports no other, else with their names and texts; no text of Python has a byte 0."""
    (chapter, first), *others = texts.items()
    parts = [_decisive(first)]
    for file, text in others:
        parts += [b"", Path(os.path.relpath(file, chapter.parent)).as_posix().encode(), _decisive(text)]
    return sha256(b"\0".join(parts)).hexdigest()


@lru_cache(maxsize=256)
def _decisive(text: bytes) -> bytes:
    """The text without the arguments of `claim` that decide nothing, the space before each and the comma behind."""
    starts = list(accumulate(map(len, text.splitlines(keepends=True)), initial=0))
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    words = [
        each
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "claim"
        for each in call.keywords
        if each.arg in ("expected", "quick", "quotes", "rows")
    ]
    kept, at = [], 0
    for each in sorted(words, key=lambda each: (each.lineno, each.col_offset)):
        start = starts[each.lineno - 1] + each.col_offset
        end = starts[(each.end_lineno or each.lineno) - 1] + (each.end_col_offset or 0)
        kept.append(text[at:start].rstrip())
        comma = re.compile(rb"\s*,").match(text, end)
        at = end if comma is None else comma.end()
    return b"".join([*kept, text[at:]])


def _run(name: str, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
