"""A run over many files: one after the other or in several processes, with what is known from the run before."""
