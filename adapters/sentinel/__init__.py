"""A process of its own that cancels our entries when the trader can not."""
