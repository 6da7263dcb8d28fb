"""The simulator at the pace of bars: its matching engine without requests, streams or files."""
