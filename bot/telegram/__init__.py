"""The Telegram bot: questions in, cited answers out."""
