"""The ear: voice activity, end of turn, speech to text. Knows nothing of calls."""
