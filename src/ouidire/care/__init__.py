"""Care: what keeps a house safe while nobody looks: backups, restores, one process a store, logs, health, metrics."""
