"""How operators and instances meet: files in the data folder, each replaced atomically."""
