"""PyTorch: how its modules register, its tensors are written, and its signals flow."""
