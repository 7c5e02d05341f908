"""What is dictated: telephone numbers, addresses, spelled names, plates, references. See README.md."""
