"""Tangent kernels of networks: finite and infinite width, spectra, and condition numbers with what is true of them."""

from ratapprox.networks.ntk.conditioning import Condition as Condition
from ratapprox.networks.ntk.conditioning import certified as certified
from ratapprox.networks.ntk.conditioning import condition as condition
from ratapprox.networks.ntk.conditioning import measured as measured
from ratapprox.networks.ntk.infinite import InfiniteKernel as InfiniteKernel
from ratapprox.networks.ntk.infinite import infinite_kernel as infinite_kernel
from ratapprox.networks.ntk.jacobian import jacobian as jacobian
from ratapprox.networks.ntk.spectrum import Spectrum as Spectrum
from ratapprox.networks.ntk.spectrum import infinite_spectrum as infinite_spectrum
from ratapprox.networks.ntk.spectrum import spectrum as spectrum
from ratapprox.networks.ntk.spectrum import spectrum_during_training as spectrum_during_training
from ratapprox.networks.ntk.structured import kernel as kernel
from ratapprox.networks.ntk.summary import Summary as Summary
from ratapprox.networks.ntk.summary import summarise as summarise
