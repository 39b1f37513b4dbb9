"""The API: `/api/v1`, the nouns of the house for programs. One file a noun; nothing here knows the store's rows."""
