"""Models of Keras and Flax, built and measured like those of torch. Only what a target itself imports is ever imported here."""
