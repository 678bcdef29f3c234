"""The compiler: from a function over scalars to array equations, their text, and their speed."""

from .compiling import compile, program_of
from .program import Program
from .trace import others, trace

__all__ = ["Program", "compile", "others", "program_of", "trace"]
