"""The kill stories: a house that is killed at every point where it matters, and what is left of what it heard."""
