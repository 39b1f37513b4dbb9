"""Ouïdire hears what is said in public about a business and brings it to the person who can put it right."""

__version__ = "0.1.0"
