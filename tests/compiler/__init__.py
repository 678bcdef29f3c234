"""Tests of the compiler, a file a module, and the interpreter that they are held against."""
