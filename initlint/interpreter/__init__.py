"""An abstract interpreter for the Python that model code is made of. It knows no framework: those are adapters."""
