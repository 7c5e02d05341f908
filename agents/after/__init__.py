"""What is made of a call once it is over: a summary, a contact sheet, tags, a score, checked against what was said."""
