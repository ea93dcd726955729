"""Expressions in x: read from text, compiled to NumPy, balls and Taylor series, cut into smooth pieces."""

from ratapprox.expressions.compiled import compiled as compiled
from ratapprox.expressions.domain import evaluators as evaluators
from ratapprox.expressions.errors import DomainError as DomainError
from ratapprox.expressions.errors import ExpressionError as ExpressionError
from ratapprox.expressions.numbers import enclosure as enclosure
from ratapprox.expressions.parsing import function_names as function_names
from ratapprox.expressions.parsing import parse as parse
from ratapprox.expressions.pieces import Piece as Piece
from ratapprox.expressions.pieces import pieces as pieces
from ratapprox.expressions.program import x as x
from ratapprox.expressions.symmetry import Symmetry as Symmetry
from ratapprox.expressions.symmetry import symmetry as symmetry
from ratapprox.expressions.writing import pretty as pretty
