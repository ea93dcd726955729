"""The second half of a PyTorch export: swapping activations of a network, and watching for poles while it trains."""

GUARD = '''

# Whether the target is known to satisfy f(L x) = L f(x) for L > 0; then L r(x/L) approximates it on L times INTERVAL.
HOMOGENEOUS = @HOMOGENEOUS@


def replace_activations(model, which, make=CLASS, shared=False, ranges=None):
    """Put rational activations where `which` is: a module class, a tuple of classes, or a function of (name, module).

    Each place gets its own make(), or all one instance with shared=True; a module that is used in several places stays
    one module. It is moved to the device of the model's parameters, to their dtype if that is float32 or float64, and
    takes over train or eval mode. ranges: what `observe` found; each activation is then rescaled to its own, which only
    a positively homogeneous target allows. Returns the names of the places, in the order of the model.
    """
    wanted = which if not isinstance(which, (type, tuple)) else lambda name, module: isinstance(module, which)
    if wanted("", model):
        raise ValueError("the model itself is to be replaced: call make() instead")
    if shared and ranges is not None:
        raise ValueError("one shared activation cannot be rescaled to each place's range: leave out one of the two")
    places = [
        (f"{path}.{name}" if path else name, parent, name, child)
        for path, parent in model.named_modules()
        for name, child in parent._modules.items()  # named_children leaves out a module that it has met before
        if child is not None
    ]
    places = [place for place in places if wanted(place[0], place[3])]
    like = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
    dtype = like.dtype if like.dtype in (torch.float32, torch.float64) else None
    made, one = {}, None
    for name, _, _, child in places:
        if id(child) not in made:
            one = one if shared and one is not None else make().to(device=like.device, dtype=dtype)
            made[id(child)] = one.train(child.training)
            if ranges is not None:
                rescale_(one, *ranges[name])
    for _, parent, name, child in places:
        setattr(parent, name, made[id(child)])
    return [name for name, _, _, _ in places]


@torch.no_grad()
def observe(model, which, batches):
    """{name: (smallest, largest)} of the inputs of the modules that `which` describes, over batches, in eval mode."""
    wanted = which if not isinstance(which, (type, tuple)) else lambda name, module: isinstance(module, which)
    seen, hooks, modes = {}, [], {module: module.training for module in model.modules()}

    def watch(name):
        def hook(module, inputs, named):
            x = _input(inputs, named)
            if x.numel() == 0:
                return
            low, high = (v.item() for v in torch.aminmax(x))
            if not (math.isfinite(low) and math.isfinite(high)):
                raise ValueError(f"{name}: an input is not finite, its values are from {low} to {high}")
            before = seen.get(name, (low, high))
            seen[name] = (min(before[0], low), max(before[1], high))

        return hook

    try:
        for name, module in model.named_modules():
            if wanted(name, module):
                hooks.append(module.register_forward_pre_hook(watch(name), with_kwargs=True))
        model.eval()
        for batch in batches:
            model(batch)
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes.items():
            module.training = training
    return seen


def _input(inputs, named):
    """What a module was called with, by place or by name."""
    return (inputs[0] if inputs else next(iter(named.values()))).detach()


@torch.no_grad()
def rescale_(activation, low, high):
    """L r(x/L) instead of r(x), with the smallest L for which L times the export's interval contains [low, high]."""
    if not HOMOGENEOUS:
        raise ValueError("L r(x/L) approximates L f(x/L), which is not f(x) for this target: export a wider interval")
    a, b = INTERVAL
    factor = max(high / b if b > 0 else 0.0, low / a if a < 0 else 0.0)
    if not (a <= 0 <= b and 0 < factor < math.inf) or (low < 0 and a == 0) or (high > 0 and b == 0):
        raise ValueError(f"no multiple of the interval [{a}, {b}] contains [{low}, {high}]")
    if factor < 1 / 16:  # the coefficients grow, and LARGEST leaves them room for no more
        raise ValueError(f"[{low}, {high}] is {factor:.3g} times the interval [{a}, {b}]: export one nearer to it")
    like = activation.numerator
    like.mul_(factor ** (1 - torch.arange(like.shape[-1], dtype=like.dtype, device=like.device)))
    if hasattr(activation, "stretch"):
        activation.stretch.copy_((1 + activation.stretch) / factor - 1)
    else:
        count = activation.denominator.shape[-1]
        activation.denominator.mul_(factor ** -torch.arange(1, count + 1, dtype=like.dtype, device=like.device))
    return activation


class PoleWarning(UserWarning):
    """A denominator's zero has come near to the inputs, or an activation returns NaN or infinity."""


@torch.no_grad()
def pole_distance(activation, low, high):
    """Distance in the complex plane from the interval [low, high] to the nearest pole of the activation as it is."""
    _, factors = activation.coefficients()
    nearest = math.inf
    for factor in factors:
        q = torch.stack([c.double().cpu() for c in factor], -1).reshape(-1, len(factor))
        for row in q:
            while len(row) > 1 and row[-1] == 0:
                row = row[:-1]
            if len(row) == 1:
                continue
            companion = torch.diag(torch.ones(len(row) - 2, dtype=torch.float64), -1)
            companion[:, -1] = -row[:-1] / row[-1]
            zeros = torch.linalg.eigvals(companion)
            nearest = min(nearest, (zeros - zeros.real.clamp(low, high)).abs().min().item())
    return nearest


class Guard:
    """Watches every CLASS of a model: the range of its inputs, the distance of its nearest pole from it, bad outputs.

    closer: a pole nearer than this to the range of a batch is reported, as is an output that is NaN or infinite while
    the input is finite. action: "warn" or "raise". report(): {name: dict}, over all batches. remove(): stop.
    The range of each batch is read from the device, which waits for it.
    """

    def __init__(self, model, closer=1e-2, action="warn"):
        if action not in ("warn", "raise"):
            raise ValueError(f"action={action!r}: a guard can warn or raise")
        self.closer, self.action, self._seen, self._hooks = closer, action, {}, []
        for name, module in model.named_modules():
            if isinstance(module, CLASS):
                self._hooks.append(module.register_forward_hook(self._watch(name), with_kwargs=True))

    def _watch(self, name):
        def hook(module, inputs, named, output):
            x = _input(inputs, named)
            if x.numel() == 0:
                return
            low, high = (v.item() for v in torch.aminmax(x))
            if not (math.isfinite(low) and math.isfinite(high)):
                return self._tell(f"{name}: the input is not finite, its values are from {low} to {high}")
            distance = pole_distance(module, low, high)
            entry = self._seen.setdefault(name, {"low": low, "high": high, "pole_distance": distance, "batches": 0})
            entry["low"], entry["high"] = min(entry["low"], low), max(entry["high"], high)
            entry["pole_distance"] = min(entry["pole_distance"], distance)
            entry["batches"] += 1
            if not bool(output.detach().isfinite().all()):
                self._tell(f"{name}: the output is not finite for inputs from {low:.6g} to {high:.6g}")
            elif distance < self.closer:
                self._tell(f"{name}: a pole is {distance:.3g} away from the inputs, from {low:.6g} to {high:.6g}")

        return hook

    def _tell(self, sentence):
        if self.action == "raise":
            raise FloatingPointError(sentence)
        warnings.warn(sentence, PoleWarning, stacklevel=2)

    def report(self):
        return {name: dict(entry) for name, entry in self._seen.items()}

    def remove(self):
        while self._hooks:
            self._hooks.pop().remove()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()


@torch.no_grad()
def plot_activations(model, report=None, axes=None):
    """Draw every CLASS of a model on the range that a guard reported, or on the export's interval; needs matplotlib."""
    if axes is None:
        from matplotlib.figure import Figure

        axes = Figure().subplots()
    for name, module in model.named_modules():
        if isinstance(module, CLASS):
            seen = (report or {}).get(name)
            low, high = (seen["low"], seen["high"]) if seen else INTERVAL or (-1.0, 1.0)
            x = torch.linspace(low, high, 401, dtype=torch.float64)
            numerator, factors = module.coefficients()
            numerator = [c.double().cpu().reshape(-1, 1) for c in numerator]
            factors = [[c.double().cpu().reshape(-1, 1) for c in factor] for factor in factors]
            for k, y in enumerate(FUNCTION(x, numerator, factors)):
                axes.plot(x, y, label=name if k == 0 else None)
    axes.legend()
    return axes
'''
