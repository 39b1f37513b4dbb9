"""Exported posts in a file: JSON lines, CSV, or a capture of Jetstream."""
