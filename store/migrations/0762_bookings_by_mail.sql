-- Where the person who booked is told of their appointment.
ALTER TABLE store.bookings ADD COLUMN email text NOT NULL DEFAULT '' CHECK (length(email) <= 254);
