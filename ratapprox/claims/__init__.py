"""The literature as executable claims: sentences with a source, a check and evidence.

>>> from ratapprox.claims import claim, proved
>>> @claim("square.positive", "x² is never negative", source="algebra")
... def positive():
...     return proved(True, "a square of a real number is not negative")
>>> positive()
Evidence(kind='proved', verdict='holds', says='a square of a real number is not negative', steps=(), data={})
"""

from __future__ import annotations

from ratapprox.claims.book import Book as Book
from ratapprox.claims.book import load_book as load_book
from ratapprox.claims.checking import Budget as Budget
from ratapprox.claims.checking import Finding as Finding
from ratapprox.claims.checking import check_book as check_book
from ratapprox.claims.figures import Figure as Figure
from ratapprox.claims.figures import figure as figure
from ratapprox.claims.figures import load_figures as load_figures
from ratapprox.claims.value import Claim as Claim
from ratapprox.claims.value import Effort as Effort
from ratapprox.claims.value import Evidence as Evidence
from ratapprox.claims.value import certified as certified
from ratapprox.claims.value import claim as claim
from ratapprox.claims.value import measured as measured
from ratapprox.claims.value import proved as proved
