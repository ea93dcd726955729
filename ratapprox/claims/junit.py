"""The findings as a JUnit report, which continuous integration services show."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from ratapprox.claims.checking import Finding

__all__ = ["junit"]


def junit(name: str, findings: Sequence[Finding]) -> str:
    """One test case for each claim: a failure where a check failed, skipped where a claim is open.

    >>> print(junit("book", []), end="")
    <?xml version='1.0' encoding='utf-8'?>
    <testsuite name="book" tests="0" failures="0" skipped="0" />
    """
    failed = sum(found.broken for found in findings)
    left = sum(not found.settled and not found.broken for found in findings)
    counts = {"name": name, "tests": str(len(findings)), "failures": str(failed), "skipped": str(left)}
    suite = ElementTree.Element("testsuite", counts)
    for found in findings:
        chapter, _, rest = found.claim.id.partition(".")
        case = ElementTree.SubElement(suite, "testcase", classname=chapter, name=rest, time=f"{found.seconds:.3f}")
        says = found.open or (found.evidence.says if found.evidence else "")
        if found.broken:
            ElementTree.SubElement(case, "failure", message=says).text = found.claim.statement
        elif not found.settled:
            ElementTree.SubElement(case, "skipped", message=says)
        ElementTree.SubElement(case, "system-out").text = says
    ElementTree.indent(suite)
    text: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return text.decode() + "\n"
