"""The trained reader: which span of which passage answers a question, and whether any does."""
