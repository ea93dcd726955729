"""The literature's parametrisations of rational activations, each with the exact function that it means.

>>> from ratapprox.forms import FORMS
>>> print("\\n".join(f"{name:<11}{entry.formula}" for name, entry in FORMS.items()))
pau-a      p(x)/(1 + |b1||x| + |b2||x|^2 + ... + |bn||x|^n)
pau-b      p(x)/(1 + |b1 x + b2 x^2 + ... + bn x^n|)
pau-c      p(x)/(epsilon + |b0 + b1 x + ... + bn x^n|), epsilon = 0.1
pau-d      p(x)/(1 + |b1 x + b2 x^2 + ... + bn x^n|)
pau-n      p(x)/(1 + b1 x + b2 x^2 + ... + bn x^n)
kat-fitted p(x)/(1 + |b1 x + b2 x^2 + ... + bn x^n|)
kat-gpu    p(x)/(1 + |b1||x| + |b2||x|^2 + ... + |bn||x|^n)
kat-cpu    p(x)/(1 + |b1| x + |b2| x^2 + ... + |bn| x^n)
era        a x + b + sum of (ci x + di)/((x - ei)^2 + fi^2)
two-slope  a x + b |x| + r(x)
plain      p(x)/q(x)
"""

from __future__ import annotations

from ratapprox.forms.conversions import same_function, to_form
from ratapprox.forms.era import Era
from ratapprox.forms.form import Form
from ratapprox.forms.kat import Kat, KatCpu, KatFitted, KatGpu
from ratapprox.forms.pau import PauA, PauB, PauC, PauD, PauN
from ratapprox.forms.registry import FORMS, Entry
from ratapprox.forms.two_slope import TwoSlope

__all__ = [
    "FORMS",
    "Entry",
    "Era",
    "Form",
    "Kat",
    "KatCpu",
    "KatFitted",
    "KatGpu",
    "PauA",
    "PauB",
    "PauC",
    "PauD",
    "PauN",
    "TwoSlope",
    "same_function",
    "to_form",
]
