"""Alert: who is told of an incident, by what, when, and why not."""
