"""Findings as people may see them, and in words."""
