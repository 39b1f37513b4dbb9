"""Bluesky: heard by Jetstream, answered through the account's own server."""
