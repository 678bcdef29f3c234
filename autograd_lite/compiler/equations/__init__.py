"""Array equations: what they are, what they mean, and their backward pass."""

from .accumulation import zero_equation
from .gradient import differentiate
from .interpreter import interpret
from .ir import (
    BATCH,
    LOG_SOFTMAX,
    SOFTMAX,
    Array,
    Call,
    Equation,
    Equations,
    Label,
    Loop,
    Reduce,
    Step,
    Sum,
    Term,
    View,
    factors_of,
    is_whole,
    reads,
    views_of,
    whole,
)
from .names import layers, name
from .roles import Role, definitions, only_call, roles_of
from .simplify import simplify
from .softmax import record_softmax
from .symbolic_partials import Part, call, is_one_row, partial_of, split
from .unique_names import unique
from .views import (
    AS_THEY_ARE,
    Numbering,
    fresh,
    key_of,
    own_labels,
    places,
    renamed_view,
    times_sizes,
    walked,
    without_lost,
)
from .well_formed import check, is_inside

__all__ = [
    "AS_THEY_ARE",
    "BATCH",
    "LOG_SOFTMAX",
    "SOFTMAX",
    "Array",
    "Call",
    "Equation",
    "Equations",
    "Label",
    "Loop",
    "Numbering",
    "Part",
    "Reduce",
    "Role",
    "Step",
    "Sum",
    "Term",
    "View",
    "call",
    "check",
    "definitions",
    "differentiate",
    "factors_of",
    "fresh",
    "interpret",
    "is_inside",
    "is_one_row",
    "is_whole",
    "key_of",
    "layers",
    "name",
    "only_call",
    "own_labels",
    "partial_of",
    "places",
    "reads",
    "record_softmax",
    "renamed_view",
    "roles_of",
    "simplify",
    "split",
    "times_sizes",
    "unique",
    "views_of",
    "walked",
    "whole",
    "without_lost",
    "zero_equation",
]
