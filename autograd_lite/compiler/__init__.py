"""The compiler: from a function over scalars to array equations, their text, and their speed."""
