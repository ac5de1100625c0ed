"""Frameworks whose layers are told their initializers: Keras, Haiku, Flax. Laws, layers and names as tables."""
