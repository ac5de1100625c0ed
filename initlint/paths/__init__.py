"""The file system: which files there are, where modules lie, and what a result rests on."""
