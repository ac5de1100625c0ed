"""The models of one file: what it builds, in which contexts, what else of it draws, and what the rules say of them all."""
