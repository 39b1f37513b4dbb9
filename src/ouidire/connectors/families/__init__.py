"""What several connectors share because their networks speak the same protocol."""
