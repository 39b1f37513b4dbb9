"""The pretended networks of the demo world."""
