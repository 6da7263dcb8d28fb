"""Channels, subscriptions and frames."""
