"""The mind: language models. Knows nothing of calls."""
