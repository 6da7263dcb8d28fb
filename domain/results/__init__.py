"""What a run has earned, told from its own records."""
