"""What a built model's tensors are: their moments, and whether these agree with a law."""
