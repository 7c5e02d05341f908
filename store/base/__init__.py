"""What every folder needs and no database: errors, settings, secrets, numbers, the console."""
