"""Every work that a docstring cites is in the list of references."""

import re
from pathlib import Path

import ratapprox

KEY = re.compile(r"\[([A-Z][A-Za-z]{1,4}[0-9]{2})\b")
LISTED = set(KEY.findall((Path(__file__).parent.parent / "docs" / "references.md").read_text(encoding="utf-8")))


def test_every_cited_work_is_in_the_references():
    cited = {}
    for file in Path(ratapprox.__path__[0]).rglob("*.py"):
        for key in KEY.findall(file.read_text(encoding="utf-8")):
            cited.setdefault(key, file.name)
    assert {key: where for key, where in cited.items() if key not in LISTED} == {}
    assert {"FNTB18", "Tre13", "MB03"} <= set(cited)
