"""Static analyzer, fixer and verifier of how model parameters start."""
