"""Tables as people send them (CSV, XLSX, XLS, ODS), read row by row and trusted in nothing."""
