"""The live front-end: models built for real, watched while they are built, traced and measured.

Nothing outside this package and ``initlint.measure`` imports torch, and nothing but ``verify`` runs it.
"""
