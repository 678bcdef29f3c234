"""Whether derivatives are right: gradcheck, and the checker of derivations made by hand."""

from .derivation import check_derivation
from .gradcheck import gradcheck
from .lecture_notes import SYSTEMS

__all__ = ["SYSTEMS", "check_derivation", "gradcheck"]
