"""What networks are trained on and judged by: functions, equations, eigenvalues, pictures, sounds.

`problem(name)` finds one, `problems()` lists them, `.data(seed)` draws the same points for every activation function.

>>> kink = problem("absolute")
>>> kink.data(seed=0, samples=100)
Dataset of 100 training and 2048 validation points in 1 dimension
"""

from ratapprox.networks.problems.box import Box as Box
from ratapprox.networks.problems.dataset import Dataset as Dataset
from ratapprox.networks.problems.metrics import ACCURACY as ACCURACY
from ratapprox.networks.problems.metrics import MSE as MSE
from ratapprox.networks.problems.metrics import PSNR as PSNR
from ratapprox.networks.problems.metrics import RELATIVE_L2 as RELATIVE_L2
from ratapprox.networks.problems.metrics import Metric as Metric
from ratapprox.networks.problems.rayleigh import Quadrature as Quadrature
from ratapprox.networks.problems.rayleigh import Quotient as Quotient
from ratapprox.networks.problems.rayleigh import Rayleigh as Rayleigh
from ratapprox.networks.problems.registry import PROBLEMS as PROBLEMS
from ratapprox.networks.problems.registry import problem as problem
from ratapprox.networks.problems.registry import problems as problems
from ratapprox.networks.problems.residual import Collocation as Collocation
from ratapprox.networks.problems.residual import Equation as Equation
from ratapprox.networks.problems.residual import Jet as Jet
from ratapprox.networks.problems.residual import Operator as Operator
from ratapprox.networks.problems.residual import Residual as Residual
from ratapprox.networks.problems.sampling import Propagation as Propagation
from ratapprox.networks.problems.sampling import Recorded as Recorded
from ratapprox.networks.problems.sampling import Sampled as Sampled
from ratapprox.networks.problems.sampling import Tabulated as Tabulated
from ratapprox.networks.problems.value import Problem as Problem
