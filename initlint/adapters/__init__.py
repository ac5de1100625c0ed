"""Frameworks seen by the interpreter: small adapters over the tables in ``overlays``."""
