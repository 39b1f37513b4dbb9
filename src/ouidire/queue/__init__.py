"""The door between listening and working."""
