"""Answers to REST requests."""
