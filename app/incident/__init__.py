"""One file with what happened, to be looked at elsewhere."""
