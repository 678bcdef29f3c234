"""How graphs and equations are written and read: as Python, and as LaTeX."""

from .dialects import ADD as ADD
from .dialects import ATOM as ATOM
from .dialects import GREEK_LETTERS as GREEK_LETTERS
from .dialects import LATEX as LATEX
from .dialects import MUL as MUL
from .dialects import POW as POW
from .dialects import PYTHON as PYTHON
from .dialects import Piece as Piece
from .expression import Expression as Expression
from .expression import parse as parse
from .graph_text import WIDEST as WIDEST
from .graph_text import display, latex, names, text
from .parsing import is_name as is_name
from .parsing import spelt as spelt

__all__ = ["display", "latex", "names", "text"]
