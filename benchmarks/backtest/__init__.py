"""Backtests of the same candles by the same rules: ours, and three that others have written."""
