"""The database's door: the only SQL in the house. One file a noun; each statement is named after its question."""
