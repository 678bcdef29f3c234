"""Every public callable, what it is asked with, and what it may take: the table of bad arguments."""
