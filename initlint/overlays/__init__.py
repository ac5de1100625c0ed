"""Framework facts as tables, apart from logic: layers and their defaults, initializers and their laws, functions and what they do."""
