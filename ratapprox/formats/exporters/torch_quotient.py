"""The quotient, and its derivatives in closed form for torch.compile: one part of the text of a PyTorch module.

Reverse mode through p/q divides three times, and a compiled kernel computes coefficients anew for every block of x.
The closed form divides once and reads them from one vector.
"""

QUOTIENT = '''\
def _with_slope(coefficients, x):
    value, slope = coefficients[-1], 0
    for k, c in enumerate(coefficients[-2::-1]):
        slope = slope * x + value if k else value
        value = value * x + c
    return value, slope


def _filled(pattern, values):
    values = iter(values.unbind(0))
    return [[next(values) if c is None else c for c in part] for part in pattern]


class _Quotient(torch.autograd.Function):
    """p(y)/q(y), with derivatives in closed form: one division, and every polynomial once.

    pattern: for the numerator and for each factor its coefficients, None for those that are tensors, which come again
    in one vector of values: a compiled kernel reads them there.
    """

    @staticmethod
    def forward(y, pattern, values, *coefficients):
        numerator, *factors = _filled(pattern, values)
        return _horner(numerator, y) / _product(factors, y)

    @staticmethod
    def setup_context(ctx, inputs, output):
        y, ctx.pattern, values = inputs[:3]
        ctx.save_for_backward(y, values)

    @staticmethod
    def backward(ctx, upstream):
        y, values = ctx.saved_tensors
        numerator, *factors = _filled(ctx.pattern, values)
        p, p_slope = _with_slope(numerator, y)
        each = [_with_slope(factor, y) for factor in factors]
        q, q_slope = each[0]
        for value, slope in each[1:]:
            q, q_slope = q * value, q_slope * value + q * slope
        inverse = 1 / q
        weight, ratio = upstream * inverse, p * inverse
        flows = [weight]
        for one in range(len(each)):
            flow = -weight * ratio
            for other, (value, _) in enumerate(each):
                flow = flow * value if other != one else flow
            flows.append(flow)
        sums = []
        for part, flow in zip(ctx.pattern, flows):
            for k, number in enumerate(part):
                flow = flow * y if k else flow
                if number is None:
                    sums.append(flow.sum_to_size(values.shape[1:]).to(values.dtype))
        return weight * (p_slope - ratio * q_slope), None, None, *sums


_exporting = getattr(torch.compiler, "is_exporting", torch.compiler.is_compiling)
_transformed = getattr(torch._C, "_are_functorch_transforms_active", torch.compiler.is_compiling)


def _quotient(numerator, factors, y):
    """p(y)/q(y), in the closed form where torch.compile trains coefficients outside of transforms of torch.func."""
    parts = [numerator, *factors]
    given = [c for part in parts for c in part if isinstance(c, torch.Tensor)]
    trained = any(c.requires_grad for c in given) and len({(c.dtype, c.shape) for c in given}) == 1
    if not trained or not torch.compiler.is_compiling() or _exporting() or _transformed():
        return _horner(numerator, y) / _product(factors, y)
    pattern = tuple(tuple(None if isinstance(c, torch.Tensor) else c for c in part) for part in parts)
    return _Quotient.apply(y, pattern, torch.stack(given).detach(), *given)


'''
