"""How graphs and equations are written and read: as Python, and as LaTeX."""

from .dialects import GREEK_LETTERS as GREEK_LETTERS
from .dialects import LATEX as LATEX
from .dialects import PYTHON as PYTHON
from .expression import Expression as Expression
from .expression import parse as parse
from .graph_text import WIDEST as WIDEST
from .graph_text import display, latex, names, text
from .parsing import is_name as is_name
from .parsing import spelt as spelt
from .precedence import AND as AND
from .precedence import ATOM as ATOM
from .precedence import COMPARE as COMPARE
from .precedence import ELEMENTWISE as ELEMENTWISE
from .precedence import NEGATIVE as NEGATIVE
from .precedence import OR as OR
from .precedence import POWER as POWER
from .precedence import PRODUCT as PRODUCT
from .precedence import SUM as SUM
from .precedence import TOTAL as TOTAL
from .precedence import Piece as Piece

__all__ = ["display", "latex", "names", "text"]
