"""The voice: text to speech. Knows nothing of calls."""
