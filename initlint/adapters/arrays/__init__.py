"""Nets written with arrays alone: NumPy and what shares its interface."""
