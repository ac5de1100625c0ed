"""The process that all of it runs in: its stack, its garbage, its time."""
