"""From a trial in t to coefficients in x: as many bits as the error needs, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb, arb_poly, ctx, fmpq, fmpq_poly

from ratapprox.fitting.levelled import Levelled
from ratapprox.fitting.problem import Problem, ball
from ratapprox.fitting.reductions import Reduction
from ratapprox.rational import Rational

FLOAT_SLACK = 1e-10
"""Double-precision coefficients are kept when they change the error by less than this part of itself."""


def exact_fraction(value: arb) -> Fraction:
    """The midpoint of a ball, exactly."""
    mantissa, exponent = value.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def round_to_bits(value: Fraction, bits: int) -> Fraction:
    """The nearest fraction with `bits` significant bits and a power of two below."""
    if value == 0:
        return value
    exponent = value.numerator.bit_length() - value.denominator.bit_length() - bits
    unit = Fraction(2) ** exponent
    return Fraction(round(value / unit)) * unit


def restored(reduction: Reduction, problem: Problem, trial: Levelled, *, digits: float, bits: int) -> Rational:
    """The rational in x, with coefficients rounded as far as the error allows.

    Floats if they keep the error to `FLOAT_SLACK` and no more digits were asked for, else dyadic fractions that keep
    it to 10^−digits.
    """
    with ctx.workprec(2 * bits):
        p, q = (fmpq_poly([_fmpq(c) for c in poly.coeffs()]) for poly in (trial.p, trial.q))
        p, q = reduction.restore(p, q)
        top = [Fraction(int(c.p), int(c.q)) for c in p.coeffs()] or [Fraction(0)]
        bottom = [Fraction(int(c.p), int(c.q)) for c in q.coeffs()]
        pivot = bottom[0] if bottom[0] else max(bottom, key=abs)
        samples = _samples(reduction, trial)
        h = abs(trial.h)
        top, bottom = ([round_to_bits(c / pivot, 2 * bits) for c in poly] for poly in (top, bottom))
        top, bottom = _without_idle_coefficients(top, bottom, samples, h * arb(10) ** -int(max(digits, 13) + 2))
        reference = _values(problem, (top, bottom), samples)
        rounded = [[float(c) for c in poly] for poly in (top, bottom)]
        as_exact = [[Fraction(c) for c in poly] for poly in rounded]
        if digits <= 15 and _close(reference, _values(problem, as_exact, samples), h * FLOAT_SLACK):
            return Rational(rounded[0], rounded[1])
        size = 64
        while size < 2 * bits:
            short = [[round_to_bits(c, size) for c in poly] for poly in (top, bottom)]
            if _close(reference, _values(problem, short, samples), h * arb(10) ** -int(digits + 2)):
                return Rational(short[0], short[1])
            size = size * 3 // 2
        return Rational(top, bottom)


def _fmpq(value: arb) -> fmpq:
    exact = exact_fraction(value)
    return fmpq(exact.numerator, exact.denominator)


def _samples(reduction: Reduction, trial: Levelled) -> list[arb]:
    """Reference points and the middles between them, mirrored where a symmetry was used."""
    points = list(trial.x)
    points += [((a + b) / 2).mid() for a, b in zip(trial.x, trial.x[1:], strict=False)]
    if reduction.squared:
        points += [(2 * ball(reduction.center) - x).mid() for x in points]
    return points


def _values(problem: Problem, polynomials: Sequence[Sequence[Fraction]], samples: Sequence[arb]) -> list[arb]:
    """w·p/q at the samples; polynomials: (p, q)."""
    top, bottom = (arb_poly([ball(c) for c in poly]) for poly in polynomials)
    return [problem.balls(_folded(problem, x))[1] * top(x) / bottom(x) for x in samples]


def _folded(problem: Problem, x: arb) -> arb:
    """The mirror image inside the problem's interval, where its functions are evaluated."""
    return x if not problem.squared or x >= ball(problem.center) else (2 * ball(problem.center) - x).mid()


def _close(one: Sequence[arb], other: Sequence[arb], bound: arb) -> bool:
    return all(abs(a - b) <= bound for a, b in zip(one, other, strict=True))


def _without_idle_coefficients(
    p: list[Fraction], q: list[Fraction], samples: Sequence[arb], bound: arb
) -> tuple[list[Fraction], list[Fraction]]:
    """Coefficients whose term never reaches `bound` are zero up to rounding: a degenerate solution shows its true
    degree.
    """
    top, bottom = (arb_poly([ball(c) for c in poly]) for poly in (p, q))
    scale = [(1 / abs(bottom(x)), abs(top(x) / bottom(x))) for x in samples]

    def idle(index: int, c: Fraction, weight: int) -> bool:
        return all(
            abs(ball(c) * x**index) * pair[0] * (pair[1] if weight else 1) < bound
            for x, pair in zip(samples, scale, strict=True)
        )

    p = [Fraction(0) if c and idle(i, c, 0) else c for i, c in enumerate(p)]
    q = [Fraction(0) if c and i > 0 and idle(i, c, 1) else c for i, c in enumerate(q)]
    return p, q
