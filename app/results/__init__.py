"""Results of a run for people and scripts: text, JSON document, HTML page."""
