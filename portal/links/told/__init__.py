"""The client's own people, told what callers left: per person, way and kind."""
