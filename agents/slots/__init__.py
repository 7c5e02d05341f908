"""What callers say, as values: dates, times, names, telephone numbers … in French and English.

Pure functions over the ear's text: no clock (`now` is given), no model.
"""
