"""Feeds: Atom, RSS and JSON Feed, heard by polling, and by WebSub where this house can be called."""
