"""From a month to numbered documents, what was paid on them, and what is late."""
