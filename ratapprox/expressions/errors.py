"""The two ways in which an expression can be wrong: as a text, and as a function on an interval."""


class ExpressionError(ValueError):
    """A text or formula that is no expression known here; the message says what was found and what is allowed."""


class DomainError(ValueError):
    """A function that is not real, finite and continuous on an interval; the message says where."""
