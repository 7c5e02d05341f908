"""What clients and their systems meet: today their calendars (`links/`)."""
