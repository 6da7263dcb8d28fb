"""The live checklist: what this installation can show of the way to real money."""
