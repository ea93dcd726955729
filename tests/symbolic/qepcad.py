"""QEPCAD, where it is installed: from a sentence to its quantifier-free answer, read as signs of polynomials.

Source: C. W. Brown, "QEPCAD B: a program for computing with semi-algebraic sets using CADs", ACM SIGSAM Bulletin 37
(2003) 97-108.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from math import lcm

import sympy

PROGRAM = shutil.which("qepcad")

RELATIONS = {sympy.Ge: ">=", sympy.Gt: ">", sympy.Le: "<=", sympy.Lt: "<", sympy.Eq: "=", sympy.Ne: "/="}
HOLDS = {
    ">=": lambda sign: sign >= 0, ">": lambda sign: sign > 0, "<=": lambda sign: sign <= 0,
    "<": lambda sign: sign < 0, "=": lambda sign: sign == 0, "/=": lambda sign: sign != 0,
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """A formula without quantifiers: polynomials f with f rel 0, and how they are joined, as a Python expression."""

    text: str
    atoms: tuple[tuple[sympy.Expr, str], ...]
    joined: str

    def __call__(self, sign):
        """Whether the formula holds, for the function that gives the sign of a polynomial."""
        values = [HOLDS[relation](sign(f)) for f, relation in self.atoms]
        return bool(eval(self.joined, {"__builtins__": {}}, {"v": values}))


def eliminate(sentence, parameters, seconds=60):
    """What QEPCAD answers; None where it gives up or takes longer."""
    text = subprocess.run(
        [PROGRAM, "+N8000000"], input=question(sentence, parameters), capture_output=True, text=True, timeout=seconds
    ).stdout
    found = re.search(r"An equivalent quantifier-free formula:\s*(.*?)\s*={5}", text, re.DOTALL)
    return None if found is None else read(" ".join(found[1].split()))


def question(sentence, parameters):
    """What QEPCAD reads: products are written with blanks, brackets are square."""
    quantifiers, statement = sentence
    names = [*parameters, *(str(variable) for _, variable in quantifiers)]
    prefix = "".join(f"({quantifier} {variable})" for quantifier, variable in quantifiers)
    return "\n".join(
        ["[]", f"({','.join(names)})", str(len(parameters)), f"{prefix}[ {_written(statement)} ].", "finish", ""]
    )


def _written(statement):
    if isinstance(statement, sympy.And):
        return " /\\ ".join(f"[ {_written(part)} ]" for part in statement.args)
    if isinstance(statement, sympy.Implies):
        return " ==> ".join(f"[ {_written(part)} ]" for part in statement.args)
    if statement in (sympy.true, sympy.false):
        return "0 = 0" if statement == sympy.true else "0 = 1"
    left, right = statement.args
    return f"{_polynomial(left - right)} {RELATIONS[statement.func]} 0"


def _polynomial(e):
    e = sympy.expand(e)
    if e == 0:
        return "0"
    f = sympy.Poly(e, *sorted(e.free_symbols, key=str)) if e.free_symbols else sympy.Poly(e, sympy.Symbol("x"))
    scale = lcm(*(int(k.q) for k in f.coeffs()))
    terms = []
    for powers, k in f.terms():
        letters = [f"{v}^{n}" if n > 1 else str(v) for v, n in zip(f.gens, powers, strict=True) if n]
        terms.append(" ".join([f"({k * scale})" if k < 0 else f"{k * scale}", *letters]))
    return " + ".join(terms)


def read(text):
    """The answer from its text, such as a >= 0 /\\ [ a - 9 <= 0 \\/ 27 a^2 b - 1 /= 0 ]."""
    if text in ("TRUE", "FALSE"):
        return Answer(text, (), str(text == "TRUE"))
    atoms, joined = [], []
    for part in re.split(r"(/\\|\\/|\[|\])", text):
        word = part.strip()
        if word in (JOINED := {"/\\": "and", "\\/": "or", "[": "(", "]": ")"}):
            joined.append(JOINED[word])
        elif word:
            left, relation, right = re.fullmatch(r"(.*?)\s*(/=|<=|>=|<|>|=)\s*(.*)", word).groups()
            joined.append(f"v[{len(atoms)}]")
            atoms.append((_number(left) - _number(right), relation))
    return Answer(text, tuple(atoms), " ".join(joined))


def _number(text):
    product = re.sub(r"(?<=[0-9a-zA-Z)])\s+(?=[a-zA-Z(])", "*", text.strip())
    return sympy.expand(sympy.sympify(product.replace("^", "**")))
