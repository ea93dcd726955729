"""Best rational approximations of activation functions, with proofs.

>>> import ratapprox
>>> ratapprox.fit(ratapprox.relu, type=(3, 2), on=(-1, 1))
Fit of relu, type (3, 2) on [-1, 1]: error 0.0218445, equioscillates on 7 points
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ratapprox.activations import Activation as Activation
    from ratapprox.activations import activation as activation
    from ratapprox.algebraic import Algebraic as Algebraic
    from ratapprox.auditing import Audit as Audit
    from ratapprox.auditing import Problem as Problem
    from ratapprox.auditing import audit as audit
    from ratapprox.barycentric import Barycentric as Barycentric
    from ratapprox.certified import fit as fit
    from ratapprox.exporting import export as export
    from ratapprox.fitting.result import Fit as Fit
    from ratapprox.fitting.result import Outcome as Outcome
    from ratapprox.formats.card import Card as Card
    from ratapprox.formats.card import read_card as read_card
    from ratapprox.formats.importers import read_coefficients as read_coefficients
    from ratapprox.formats.piece_card import PieceCard as PieceCard
    from ratapprox.forms import Era as Era
    from ratapprox.forms import Kat as Kat
    from ratapprox.forms import KatCpu as KatCpu
    from ratapprox.forms import KatFitted as KatFitted
    from ratapprox.forms import KatGpu as KatGpu
    from ratapprox.forms import PauA as PauA
    from ratapprox.forms import PauB as PauB
    from ratapprox.forms import PauC as PauC
    from ratapprox.forms import PauD as PauD
    from ratapprox.forms import PauN as PauN
    from ratapprox.forms import TwoSlope as TwoSlope
    from ratapprox.forms import to_form as to_form
    from ratapprox.piecewise import Piecewise as Piecewise
    from ratapprox.published import write_card as write_card
    from ratapprox.rational import Rational as Rational
    from ratapprox.symbolic import analyse as analyse
    from ratapprox.symbolic import certified_ball as certified_ball
    from ratapprox.symbolic import certify as certify
    from ratapprox.symbolic import decide_at as decide_at
    from ratapprox.symbolic.analysis import Analysis as Analysis
    from ratapprox.symbolic.antiderivative import antiderivative as antiderivative
    from ratapprox.symbolic.antiderivative import inverse as inverse
    from ratapprox.symbolic.certificate import Certificate as Certificate
    from ratapprox.symbolic.decimal_enclosure import Enclosure as Enclosure
    from ratapprox.symbolic.dossier import Dossier as Dossier
    from ratapprox.symbolic.dossier import dossier as dossier
    from ratapprox.symbolic.dual_activation import dual as dual
    from ratapprox.symbolic.dual_activation import hermite as hermite
    from ratapprox.symbolic.family import FamilyDossier as FamilyDossier
    from ratapprox.symbolic.family import describe as describe
    from ratapprox.symbolic.family_gain import GainFormula as GainFormula
    from ratapprox.symbolic.family_gain import gain_formula as gain_formula
    from ratapprox.symbolic.gaussian_dossier import GaussianDossier as GaussianDossier
    from ratapprox.symbolic.gaussian_dossier import gaussian_dossier as gaussian_dossier
    from ratapprox.symbolic.gaussian_moments import Gain as Gain
    from ratapprox.symbolic.gaussian_moments import Moments as Moments
    from ratapprox.symbolic.gaussian_moments import gain as gain
    from ratapprox.symbolic.gaussian_moments import moments as moments
    from ratapprox.symbolic.mean_field import EdgeOfChaos as EdgeOfChaos
    from ratapprox.symbolic.mean_field import edge_of_chaos as edge_of_chaos
    from ratapprox.symbolic.portrait import Portrait as Portrait
    from ratapprox.symbolic.portrait import portrait as portrait
    from ratapprox.symbolic.region import Region as Region
    from ratapprox.symbolic.rounding import Recommendation as Recommendation
    from ratapprox.symbolic.rounding import Rounding as Rounding
    from ratapprox.symbolic.rounding import recommend as recommend
    from ratapprox.symbolic.rounding import rounding as rounding
    from ratapprox.zolotarev import ZolotarevProduct as ZolotarevProduct
    from ratapprox.zolotarev import ZolotarevSign as ZolotarevSign
    from ratapprox.zolotarev import zolotarev_abs as zolotarev_abs
    from ratapprox.zolotarev import zolotarev_relu as zolotarev_relu
    from ratapprox.zolotarev import zolotarev_sign as zolotarev_sign

__version__ = "0.1.0"

_HOMES = {
    # values
    "Activation": "ratapprox.activations",
    "Rational": "ratapprox.rational",
    "Barycentric": "ratapprox.barycentric",
    "Piecewise": "ratapprox.piecewise",
    "activation": "ratapprox.activations",
    # the literature's forms
    "PauA": "ratapprox.forms",
    "PauB": "ratapprox.forms",
    "PauC": "ratapprox.forms",
    "PauD": "ratapprox.forms",
    "PauN": "ratapprox.forms",
    "Kat": "ratapprox.forms",
    "KatFitted": "ratapprox.forms",
    "KatGpu": "ratapprox.forms",
    "KatCpu": "ratapprox.forms",
    "Era": "ratapprox.forms",
    "TwoSlope": "ratapprox.forms",
    # fit
    "fit": "ratapprox.certified",
    "Fit": "ratapprox.fitting.result",
    "Outcome": "ratapprox.fitting.result",
    # in closed form
    "zolotarev_sign": "ratapprox.zolotarev",
    "zolotarev_abs": "ratapprox.zolotarev",
    "zolotarev_relu": "ratapprox.zolotarev",
    "ZolotarevSign": "ratapprox.zolotarev",
    "ZolotarevProduct": "ratapprox.zolotarev",
    # certify
    "certify": "ratapprox.symbolic",
    "Certificate": "ratapprox.symbolic.certificate",
    # analyse
    "analyse": "ratapprox.symbolic",
    "certified_ball": "ratapprox.symbolic",
    "decide_at": "ratapprox.symbolic",
    "Analysis": "ratapprox.symbolic.analysis",
    "Region": "ratapprox.symbolic.region",
    "Algebraic": "ratapprox.algebraic",
    "dossier": "ratapprox.symbolic.dossier",
    "Dossier": "ratapprox.symbolic.dossier",
    "describe": "ratapprox.symbolic.family",
    "FamilyDossier": "ratapprox.symbolic.family",
    "inverse": "ratapprox.symbolic.antiderivative",
    "antiderivative": "ratapprox.symbolic.antiderivative",
    "Enclosure": "ratapprox.symbolic.decimal_enclosure",
    "gaussian_dossier": "ratapprox.symbolic.gaussian_dossier",
    "GaussianDossier": "ratapprox.symbolic.gaussian_dossier",
    "moments": "ratapprox.symbolic.gaussian_moments",
    "Moments": "ratapprox.symbolic.gaussian_moments",
    "gain": "ratapprox.symbolic.gaussian_moments",
    "Gain": "ratapprox.symbolic.gaussian_moments",
    "gain_formula": "ratapprox.symbolic.family_gain",
    "GainFormula": "ratapprox.symbolic.family_gain",
    "hermite": "ratapprox.symbolic.dual_activation",
    "dual": "ratapprox.symbolic.dual_activation",
    "edge_of_chaos": "ratapprox.symbolic.mean_field",
    "EdgeOfChaos": "ratapprox.symbolic.mean_field",
    # a stranger's function
    "portrait": "ratapprox.symbolic.portrait",
    "Portrait": "ratapprox.symbolic.portrait",
    "to_form": "ratapprox.forms",
    # round
    "rounding": "ratapprox.symbolic.rounding",
    "Rounding": "ratapprox.symbolic.rounding",
    "recommend": "ratapprox.symbolic.rounding",
    "Recommendation": "ratapprox.symbolic.rounding",
    # export
    "export": "ratapprox.exporting",
    # audit
    "audit": "ratapprox.auditing",
    "Audit": "ratapprox.auditing",
    "Problem": "ratapprox.auditing",
    "read_coefficients": "ratapprox.formats.importers",
    # the interchange file
    "Card": "ratapprox.formats.card",
    "PieceCard": "ratapprox.formats.piece_card",
    "read_card": "ratapprox.formats.card",
    "write_card": "ratapprox.published",
}

ACTIVATION_NAMES = frozenset(
    """
    relu leaky_relu relu6 hard_tanh clip hard_sigmoid hard_swish softshrink abs sign
    elu selu celu gelu gelu_tanh silu swish mish softplus log_sigmoid
    tanh sigmoid softsign erf arctan tanhshrink sin exp gaussian square identity ralu
    """.split()  # noqa: SIM905
)


def __getattr__(name: str) -> Any:
    # Lazily, because sympy and scipy take most of a second to import and `ratapprox --help` needs neither.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in ACTIVATION_NAMES:
        return getattr(import_module("ratapprox.activations"), name)
    raise AttributeError(f"module 'ratapprox' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *ACTIVATION_NAMES})
