"""What a sentence means: a sentence encoder, taught by the house's own corpus what callers ask for."""
