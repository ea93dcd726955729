"""Zolotarev's best rational approximations of the sign, in closed form, and what is made of them: |x| and ReLU."""

from __future__ import annotations

from ratapprox.zolotarev.factors import OddFactors as OddFactors
from ratapprox.zolotarev.product import ZolotarevProduct as ZolotarevProduct
from ratapprox.zolotarev.product import zolotarev_abs as zolotarev_abs
from ratapprox.zolotarev.product import zolotarev_relu as zolotarev_relu
from ratapprox.zolotarev.sign import ZolotarevSign as ZolotarevSign
from ratapprox.zolotarev.sign import zolotarev_sign as zolotarev_sign
