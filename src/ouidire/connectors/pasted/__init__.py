"""A text or a link that a member brought in by hand."""
