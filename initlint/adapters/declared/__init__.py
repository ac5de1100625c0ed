"""Keras, Haiku and Flax: layers that are told their initializers, and take the size of their input when they meet it."""
