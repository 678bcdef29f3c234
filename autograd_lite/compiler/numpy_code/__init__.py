"""From array equations to the NumPy text that is shown."""

from .axis_walks import At
from .expressions import Dim, Expr, Statement, transposed, walk
from .indexing import Order
from .listing import as_kept, for_gradients, listed
from .lowering import Builder, Places, blocks, constants_of, labels_in, names_in, touched
from .printer import Printer, place_texts, size_text
from .rows import kernel
from .statements import added, lines

__all__ = [
    "At",
    "Builder",
    "Dim",
    "Expr",
    "Order",
    "Places",
    "Printer",
    "Statement",
    "added",
    "as_kept",
    "blocks",
    "constants_of",
    "for_gradients",
    "kernel",
    "labels_in",
    "lines",
    "listed",
    "names_in",
    "place_texts",
    "size_text",
    "touched",
    "transposed",
    "walk",
]
