"""What a model's initialization does to its signal, predicted from the graph alone."""
