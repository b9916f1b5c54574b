"""What the vendors' fixtures are: a room for each, with that vendor's own nouns and verbs."""
