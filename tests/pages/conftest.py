"""The browser as fixtures, for every test of pages."""

from .browser import chromium as chromium
from .browser import opened as opened
