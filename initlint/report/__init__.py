"""Reports: pure functions from findings, graphs and texts to strings. Nothing here prints."""
