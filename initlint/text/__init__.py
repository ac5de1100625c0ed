"""Text of source files: read, told apart, edited and written back."""
