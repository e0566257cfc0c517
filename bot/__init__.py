"""Tanya Berita: answers from news articles, each with the passage it stands on."""

__version__ = "0.1.0"
