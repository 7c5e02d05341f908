"""What of PDF/A-3b (ISO 19005-3) and Factur-X 1.09 can be read off a file: each requirement not met, by clause.

No validator can be had from the package registries (veraPDF is Java, outside them; PDFBox's preflight knows PDF/A-1
only), so this reads the file's bytes and objects itself. It does not replace veraPDF: glyph widths, colour spaces
inside images and the grammar of content streams are not looked at.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pypdf
from lxml import etree
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

NS = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "ext": "http://www.aiim.org/pdfa/ns/extension/",
    "schema": "http://www.aiim.org/pdfa/ns/schema#",
    "property": "http://www.aiim.org/pdfa/ns/property#",
    "fx": "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
}
_FORBIDDEN_ACTIONS = {"/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState", "/Rendition",
                      "/Trans", "/GoTo3DView", "/JavaScript"}  # fmt: skip
_FORBIDDEN_FILTERS = {"/LZWDecode", "/Crypt"}


def failures(pdf: bytes, *, factur_x: bool = True) -> list[str]:
    """Every requirement that is not met; of a page that is no invoice, those of Factur-X are not asked."""
    found = [*_bytes(pdf), *_objects(pypdf.PdfReader(io.BytesIO(pdf)))]
    return found if factur_x else [one for one in found if "Factur-X" not in one]


def _bytes(pdf: bytes) -> Iterator[str]:
    if not re.match(rb"%PDF-1\.[0-7]\n%[\x80-\xff]{4,}", pdf):
        yield "6.1.2: the header is not %PDF-1.n and a comment of four bytes above 127"
    if not re.search(rb"%%EOF\r?\n?\Z", pdf):
        yield "6.1.3: data follows the end of the file"
    start = int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])
    found = re.match(rb"xref\n0 (\d+)\n", pdf[start:])
    if found is None:
        return  # a cross-reference stream: the reader has followed it
    count = int(found[1])
    entries = pdf[start + found.end() :][: 20 * count]
    for number in range(count):
        entry = entries[20 * number : 20 * number + 20]
        if not re.fullmatch(rb"\d{10} \d{5} [nf](\r\n| \n| \r)", entry):
            yield f"6.1.4: entry {number} of the cross-reference is not 20 bytes"
        elif entry[17:18] == b"n" and not re.match(b"%d 0 obj[\r\n]" % number, pdf[int(entry[:10]) :]):
            yield f"6.1.9: object {number} is not where the cross-reference says"
    size = re.search(rb"/Size (\d+)", pdf[start:])
    if size is None or int(size[1]) != count:
        yield "6.1.4: the trailer's Size is not the number of objects"


def _objects(reader: pypdf.PdfReader) -> Iterator[str]:
    trailer, root = reader.trailer, reader.trailer["/Root"]
    if len(_get(trailer, "/ID", [])) != 2:
        yield "6.1.3: the trailer has no ID"
    if "/Encrypt" in trailer:
        yield "6.1.3: the file is encrypted"
    yield from _tree(root)
    yield from _output_intent(root)
    yield from _fonts(reader)
    metadata = _get(root, "/Metadata")
    if metadata is None:
        yield "6.6.2.1: no metadata"
    else:
        yield from _xmp(metadata.get_data())
    yield from _attachment(root)


def _tree(root: Any) -> Iterator[str]:
    """What no dictionary of the file may hold."""
    for thing in _all(root):
        filters = thing.get("/Filter", [])
        names = filters if isinstance(filters, ArrayObject) else [filters]
        if _FORBIDDEN_FILTERS & {str(name) for name in names}:
            yield f"6.1.7: a stream is filtered by {filters}"
        if isinstance(thing, StreamObject) and "/F" in thing:
            yield "6.1.7: a stream's data is outside the file"
        if thing.get("/S") in _FORBIDDEN_ACTIONS or "/JS" in thing:
            yield f"6.5.1: an action {thing.get('/S')}"
        if "/AA" in thing:
            yield "6.5.2: additional actions"
        if thing.get("/Subtype") == "/PS" or thing.get("/Subtype2") == "/PS":
            yield "6.2.9: a PostScript object"
        if thing.get("/Type") == "/ExtGState" and (
            "/TR" in thing or thing.get("/TR2", "/Default") != "/Default" or "/HTP" in thing
        ):
            yield "6.2.5: a transfer function"
        if thing.get("/Subtype") == "/Image" and thing.get("/Interpolate"):
            yield "6.2.8: an image is interpolated"
        if thing.get("/ColorSpace") == "/DeviceCMYK":
            yield "6.2.4.3: CMYK without its output intent"
    for name in ("/AcroForm", "/OCProperties", "/Requirements"):
        if name in root:
            yield f"catalog: {name}"
    if {"/AlternatePresentations", "/JavaScript"} & set(_get(root, "/Names", {})):
        yield "6.10: names that present or run"


def _output_intent(root: Any) -> Iterator[str]:
    intents = [i.get_object() for i in _get(root, "/OutputIntents", []) if i.get_object().get("/S") == "/GTS_PDFA1"]
    if len(intents) != 1:
        yield "6.2.3: no output intent GTS_PDFA1"
        return
    profile = intents[0]["/DestOutputProfile"].get_object()
    data = profile.get_data()
    if data[36:40] != b"acsp" or data[12:16] not in (b"mntr", b"prtr") or data[16:20] != b"RGB " or profile["/N"] != 3:
        yield "6.2.3: the output intent's profile is not an RGB monitor's or printer's"
    if data[8] not in (2, 4) or int.from_bytes(data[:4], "big") != len(data):
        yield "6.2.3: the profile is damaged, or of a version that is not allowed"


def _fonts(reader: pypdf.PdfReader) -> Iterator[str]:
    for font in (t for t in _all(reader.trailer["/Root"]) if t.get("/Type") == "/Font"):
        name = font.get("/BaseFont")
        if font.get("/Subtype") == "/Type0":
            below = font["/DescendantFonts"][0].get_object()
            if below["/Subtype"] == "/CIDFontType2" and "/CIDToGIDMap" not in below:
                yield f"6.2.11.3.2: font {name} has no CIDToGIDMap"
            if font["/Encoding"] not in ("/Identity-H", "/Identity-V"):
                yield f"6.2.11.3.3: the CMap of font {name} is not embedded"
        elif font.get("/Subtype") != "/Type3":
            descriptor = _get(font, "/FontDescriptor", {})
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor):
                yield f"6.2.11.4.1: font {name} is not embedded"


def _xmp(data: bytes) -> Iterator[str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        yield "6.6.2.1: the metadata are not UTF-8"
        return
    if re.search(r"<\?xpacket begin=[^>]*(bytes|encoding)=", text):
        yield "6.6.2.1: the packet's header has bytes or encoding"
    tree = etree.fromstring(data.strip())

    def of(path: str) -> str:
        found = tree.find(f".//{path}", NS)
        if found is not None:
            return str(found.text)
        space, name = path.split(":")  # XMP may write a simple property as an attribute
        written = [d.get(f"{{{NS[space]}}}{name}") for d in tree.findall(".//rdf:Description", NS)]
        return next((str(value) for value in written if value is not None), "")

    if (of("pdfaid:part"), of("pdfaid:conformance") in ("B", "U", "A")) != ("3", True):
        yield "6.6.4: the metadata do not say PDF/A-3"
    for name, value in (
        ("DocumentType", "INVOICE"), ("DocumentFileName", "factur-x.xml"), ("Version", "1.0"),
        ("ConformanceLevel", "EN 16931"),
    ):  # fmt: skip
        if of(f"fx:{name}") != value:
            yield f"Factur-X 6.3: fx:{name} is {of(f'fx:{name}')!r}, not {value!r}"
    described = {
        str(name.text)
        for schema in tree.findall(".//ext:schemas//rdf:li", NS)
        if schema.findtext("schema:namespaceURI", namespaces=NS) == NS["fx"]
        for name in schema.findall(".//property:name", NS)
    }
    if described != {"DocumentType", "DocumentFileName", "Version", "ConformanceLevel"}:
        yield "6.6.2.3.3: the extension schema of Factur-X does not describe its properties"


def _attachment(root: Any) -> Iterator[str]:
    named = _get(_get(_get(root, "/Names", {}), "/EmbeddedFiles", {}), "/Names", [])
    files = {str(named[n]): named[n + 1] for n in range(0, len(named), 2)}
    associated = _get(root, "/AF", [])
    if list(files) != ["factur-x.xml"] or len(associated) != 1:
        yield "Factur-X 6.2: there is not one attached and associated file called factur-x.xml"
        return
    one = files["factur-x.xml"].get_object()
    if associated[0].get_object() != one:
        yield "6.8: the associated file is not the attached one"
    if one.get("/AFRelationship") not in ("/Data", "/Alternative", "/Source") or {"/F", "/UF", "/EF"} - set(one):
        yield "6.8: the file specification lacks AFRelationship, F, UF or EF"
        return
    stream = one["/EF"]["/F"].get_object()
    if stream.get("/Subtype") != "/text/xml" or "/ModDate" not in _get(stream, "/Params", {}):
        yield "6.8: the embedded file lacks its type or its date"
    elif _get(_get(stream, "/Params"), "/Size") != len(stream.get_data()):
        yield "6.8: the embedded file's Size is wrong"


def _get(thing: Any, key: str, default: Any = None) -> Any:
    """A dictionary's value itself, where it is kept apart."""
    value = thing.get(key, default)
    return value.get_object() if isinstance(value, IndirectObject) else value


def _all(thing: Any, seen: set[int] | None = None) -> Iterator[Any]:
    """Every dictionary reachable from one, once."""
    seen = set() if seen is None else seen
    if isinstance(thing, IndirectObject):
        if thing.idnum in seen:
            return
        seen.add(thing.idnum)
        thing = thing.get_object()
    if isinstance(thing, DictionaryObject):
        yield thing
        for value in thing.values():
            yield from _all(value, seen)
    elif isinstance(thing, ArrayObject):
        for value in thing:
            yield from _all(value, seen)
