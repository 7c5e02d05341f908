"""Calendars beside the house's own diary: busy times come in, bookings go out."""
