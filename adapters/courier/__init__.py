"""A process of its own that carries alerts to people who are not at the terminal."""
