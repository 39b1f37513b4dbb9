"""A week in the life of a house: the house itself as a process, the world around it, and the counts at the end."""
