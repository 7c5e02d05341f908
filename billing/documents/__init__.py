"""What a document looks like: its lines, its XML, its PDF."""
