"""A client leaves (contract, 7.3): all that is its own is handed over; what may go is deleted, with a certificate."""
