"""English tables: abbreviations, units, acronyms. Data only."""

from __future__ import annotations

UNITS: dict[str, tuple[str, str]] = {
    "km/h": ("kilometre an hour", "kilometres an hour"),
    "mph": ("mile an hour", "miles an hour"),
    "km2": ("square kilometre", "square kilometres"),
    "m2": ("square metre", "square metres"),
    "m3": ("cubic metre", "cubic metres"),
    "sqm": ("square metre", "square metres"),
    "km": ("kilometre", "kilometres"),
    "cm": ("centimetre", "centimetres"),
    "mm": ("millimetre", "millimetres"),
    "m": ("metre", "metres"),
    "ft": ("foot", "feet"),
    "kg": ("kilo", "kilos"),
    "mg": ("milligram", "milligrams"),
    "g": ("gram", "grams"),
    "lb": ("pound", "pounds"),
    "lbs": ("pounds", "pounds"),
    "oz": ("ounce", "ounces"),
    "ml": ("millilitre", "millilitres"),
    "l": ("litre", "litres"),
    "L": ("litre", "litres"),
    "mins": ("minutes", "minutes"),
    "min": ("minute", "minutes"),
    "ms": ("millisecond", "milliseconds"),
    "secs": ("seconds", "seconds"),
    "sec": ("second", "seconds"),
    "s": ("second", "seconds"),
    "hrs": ("hours", "hours"),
    "hr": ("hour", "hours"),
    "h": ("hour", "hours"),
    "kWh": ("kilowatt hour", "kilowatt hours"),
    "kW": ("kilowatt", "kilowatts"),
    "kHz": ("kilohertz", "kilohertz"),
    "Hz": ("hertz", "hertz"),
    "KB": ("kilobyte", "kilobytes"),
    "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"),
    "°C": ("degree", "degrees"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"),
}
"""Unit as written after a number: said after one, after more."""

ABBREVIATIONS: dict[str, str] = {
    r"Mr\.?": "mister",
    r"Mrs\.?": "missus",
    r"Ms\.?(?=\s+[A-Z])": "miz",
    r"Dr\.?(?=\s+[A-Z])": "doctor",
    r"Prof\.?(?=\s+[A-Z])": "professor",
    r"St\.?(?=\s+[A-Z][a-z])": "Saint",
    r"(?<=[a-z] )St\.?(?=\W|$)": "Street",
    r"(?<=[a-z] )Rd\.?(?=\W|$)": "Road",
    r"(?<=[a-z] )Ave\.?(?=\W|$)": "Avenue",
    r"(?<=[a-z] )Blvd\.?(?=\W|$)": "Boulevard",
    r"(?i:approx)\.?(?=\s)": "approximately",
    r"(?i:appt)\.?s?(?=\W|$)": "appointment",
    r"(?i:apt)\.?(?=\s)": "apartment",
    r"(?i:dept)\.?(?=\W|$)": "department",
    r"(?i:tel)\.(?=\s|:|$)": "telephone",
    r"(?i:ext)\.(?=\s)": "extension",
    r"(?i:ref)\.(?=\s|:|$)": "reference",
    r"N[oº]\.?(?=\s?\d)|n°": "number",
    r"(?i:no)\.(?=\s?\d)": "number",
    r"(?i:e\.g\.)": "for example",
    r"(?i:i\.e\.)": "that is",
    r"(?i:etc)\.*": "et cetera",
    r"(?i:vs)\.?": "versus",
    r"(?i:asap)": "as soon as possible",
    r"(?i:min)\.(?=\s)": "minimum",
    r"(?i:max)\.(?=\s|$)": "maximum",
    r"(?i:Jan)\.?(?=\s\d)": "January",
    r"(?i:Feb)\.?(?=\s\d)": "February",
    r"(?i:Aug)\.?(?=\s\d)": "August",
    r"(?i:Sept?)\.?(?=\s\d)": "September",
    r"(?i:Oct)\.?(?=\s\d)": "October",
    r"(?i:Nov)\.?(?=\s\d)": "November",
    r"(?i:Dec)\.?(?=\s\d)": "December",
    r"Mon\.": "Monday",
    r"Tues?\.": "Tuesday",
    r"Wed\.": "Wednesday",
    r"Thurs?\.": "Thursday",
    r"Fri\.": "Friday",
}
"""Pattern of what is written (between word edges), and what is said."""

SAID: dict[str, str] = {
    word: word.lower()
    for word in ["PIN", "NATO", "UNESCO", "NASA", "IBAN", "SIM", "RAM", "LASER", "RADAR", "SEPA", "FAQ", "ZIP"]
} | {"OK": "okay", "VAT": "V A T", "IT": "I T", "US": "U S", "UK": "U K"}
"""Acronyms read as a word, or as another one."""

SPELLED = frozenset(
    ["ASAP", "FAQ", "URL", "API", "USA", "SQL", "HTTP", "BBC", "NHS", "ID", "AI", "SMS", "PDF", "GPS", "CEO", "GDPR"]
)
"""Acronyms spelled although they could be read."""
