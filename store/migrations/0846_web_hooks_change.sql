-- A web hook's address, events and name may be changed by who has the right `hooks`; its secret is another matter.
GRANT UPDATE (url, kinds, name) ON links.endpoints TO decroche_portal;
