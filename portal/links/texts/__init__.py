"""Texts (SMS) to who booked: that it is booked, called off, and a reminder."""
