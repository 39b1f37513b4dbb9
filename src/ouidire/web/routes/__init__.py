"""The addresses of the house, one file a screen."""
