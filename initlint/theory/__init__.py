"""Pure functions on numbers and symbols: fans, gains, laws and propagation. Knows no framework and no graph."""
