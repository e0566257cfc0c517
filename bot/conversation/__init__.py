"""What makes questions a conversation: follow-ups written out, small talk, requests, memory."""
