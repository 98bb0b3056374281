"""Filling an annex in the file it came as: the parts of the file that hold the cells are changed in place.

Every other part goes out as it came, byte for byte: formats, pictures, drawings, print settings, other sheets. Of a
sheet that is filled the XML of the filled cells changes, and the place where its comments are. Kept results of formulas
are taken out everywhere, because they are those of other figures; whatever opens the file works them out again.

The shape of the parts follows ECMA-376 part 1, §18.2–18.3 (sheets), §18.7 (comments) and part 4, §19 (VML).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from posixpath import dirname, join, normpath, relpath
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from lxml import etree  # type: ignore[import-untyped]
from openpyxl.formula.translate import Translator
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

from tienbo.core.faults import worded
from tienbo.core.messages import N_
from tienbo.papers.workbook.annex import Annex, AnnexCell, Holds, annex_asked, annex_read
from tienbo.papers.workbook.safety import Unsafe

AUTHOR = "Tiến Bộ"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The day of parts that are new: the same figures in the same file are the same bytes."""

worded(
    {
        "annex.not_filled": N_(
            "The annex could not be filled without changing something else in it ({cell}). Nothing was filled in; open "
            "it, save it again as “Excel Workbook (.xlsx)” and upload it anew."
        ),
        "annex.formula_of_many": N_("{cell} is part of a formula that fills several cells. Clear the formula first."),
    }
)


class Fill(NamedTuple):
    """What goes into a cell: a figure as it is to stand there, or none, and a remark."""

    value: Decimal | None
    remark: str = ""


Place = tuple[str, str]
"""Name of a sheet, address of a cell in it."""


def annex_fill(data: bytes, fills: Mapping[Place, Fill]) -> bytes:
    """The annex with the figures in their cells and the remarks as comments, made in a process apart. What a filled
    cell held is replaced.

    Raises Unsafe: `annex.formula_of_many`; `annex.not_filled` when what was made does not read back as it must.
    """
    made: bytes = annex_asked("tienbo.papers.workbook.annex_filling:annex_filled", data, dict(fills))
    return made


def annex_filled(data: bytes, fills: Mapping[Place, Fill]) -> bytes:
    """In the process apart."""
    before = annex_read(data)
    package = _Package.of(data)
    sheets = package.sheets()
    by_sheet: dict[str, dict[str, Fill]] = {}
    for (sheet, address), fill in fills.items():
        by_sheet.setdefault(sheet, {})[address] = fill
    formula_gone = False
    for name, path in sheets.items():
        wanted = by_sheet.get(name, {})
        if wanted or _FORMULA.search(package.parts[path]):
            formula_gone |= _SheetPart(package, name, path).fill(wanted)
    if formula_gone:
        package.drop("/calcChain")
    if any(_FORMULA.search(package.parts[path]) for path in sheets.values()):
        package.calculate_on_load()
    made = package.as_bytes()
    _compare(before, annex_read(made), fills)
    return made


def _compare(before: Annex, after: Annex, fills: Mapping[Place, Fill]) -> None:
    """Read what was made: every figure stands where it must, and every other cell as it was."""
    for old, new in zip(before.sheets, after.sheets, strict=True):
        for place, cell in old.cells.items():
            made = new.cells.get(place)
            fill = fills.get((old.name, cell.address))
            if made is None or not _as_it_must(cell, made, fill):
                raise Unsafe("annex.not_filled", cell=f"{old.name}!{cell.address}")


def _as_it_must(cell: AnnexCell, made: AnnexCell, fill: Fill | None) -> bool:
    if fill is None:
        return made == cell
    if fill.value is None:
        return made.holds is Holds.NOTHING and made.format == cell.format
    told = made._replace(holds=cell.holds, text=cell.text, exact=cell.exact) == cell and made.holds is Holds.NUMBER
    return told and made.exact is not None and Decimal(repr(float(fill.value))) == made.exact


_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")


# ------------------------------------------------------------------------------------------------- the package


def _parse(part: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(part, parser)
    except etree.XMLSyntaxError as broken:
        raise Unsafe("workbook.unreadable", reason="XML") from broken


def _written(root: Any) -> bytes:
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return made


def _local(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(root: Any, name: str) -> list[Any]:
    return [one for one in root if _local(one) == name]


def _child(root: Any, name: str) -> Any:
    return next(iter(_children(root, name)), None)


def _relation_id(element: Any) -> str:
    """r:id, whatever the namespace of relations is called."""
    return next((str(held) for key, held in element.attrib.items() if key.endswith("}id")), "")


class Relation(NamedTuple):
    id: str
    type: str
    target: str
    """The path of a part; "" for what is outside the file."""


@dataclass
class _Package:
    """The parts of an xlsx by path, in their order, with the entries they came in."""

    entries: dict[str, zipfile.ZipInfo]
    parts: dict[str, bytes]

    @classmethod
    def of(cls, data: bytes) -> _Package:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = {one.filename: one for one in archive.infolist()}
            return cls(entries, {name: archive.read(name) for name in entries})

    def relations(self, path: str) -> list[Relation]:
        part = self.parts.get(_rels_path(path))
        if part is None:
            return []
        found = []
        for one in _children(_parse(part), "Relationship"):
            outside = one.get("TargetMode") == "External"
            target = one.get("Target", "")
            where = target.lstrip("/") if target.startswith("/") else normpath(join(dirname(path), target))
            found.append(Relation(one.get("Id", ""), one.get("Type", ""), "" if outside else where))
        return found

    def relate(self, path: str, kind: str, target: str) -> str:
        """Add a relation of a part. `kind` is the last word of its type. Returns its id."""
        where = _rels_path(path)
        namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
        part = self.parts.get(where)
        root = _parse(part) if part else etree.Element(f"{{{namespace}}}Relationships", nsmap={None: namespace})
        held = {one.get("Id") for one in root}
        name = next(f"rIdTB{n}" for n in range(1, len(held) + 2) if f"rIdTB{n}" not in held)
        target = relpath(target, dirname(path))
        etree.SubElement(
            root, f"{{{namespace}}}Relationship", Id=name, Type=f"{self.relation_base}/{kind}", Target=target
        )
        self.parts[where] = _written(root)
        return name

    @property
    def relation_base(self) -> str:
        """What types of relation begin with: files after the strict schema have another beginning."""
        for one in self.relations(""):
            if one.type.endswith("/officeDocument"):
                return one.type.removesuffix("/officeDocument")
        return "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    @property
    def workbook(self) -> str:
        found = (one.target for one in self.relations("") if one.type.endswith("/officeDocument"))
        return next(found, "xl/workbook.xml")

    def sheets(self) -> dict[str, str]:
        """Name of a sheet → its part, of those that have cells."""
        targets = {one.id: one for one in self.relations(self.workbook)}
        found = {}
        for one in _children(_child(_parse(self.parts[self.workbook]), "sheets"), "sheet"):
            related = targets.get(_relation_id(one))
            if related is not None and related.type.endswith("/worksheet") and related.target in self.parts:
                found[one.get("name")] = related.target
        return found

    def calculate_on_load(self) -> None:
        """Have the formulas worked out by whatever opens the file."""
        root = _parse(self.parts[self.workbook])
        held = _child(root, "calcPr")
        if held is None:
            namespace = etree.QName(root).namespace
            held = etree.Element(f"{{{namespace}}}calcPr")
            last = max((n for n, one in enumerate(root) if _local(one) in _BEFORE_CALCULATION), default=-1)
            root.insert(last + 1, held)
        held.set("fullCalcOnLoad", "1")
        self.parts[self.workbook] = _written(root)

    def drop(self, kind: str) -> None:
        """Take out a part that the workbook refers to by a type of relation, with everything that names it."""
        for one in self.relations(self.workbook):
            if not one.type.endswith(kind) or not one.target:
                continue
            rels = _parse(self.parts[_rels_path(self.workbook)])
            for held in [held for held in rels if held.get("Id") == one.id]:
                rels.remove(held)
            self.parts[_rels_path(self.workbook)] = _written(rels)
            types = _parse(self.parts[_TYPES])
            for held in [held for held in types if held.get("PartName", "").lstrip("/") == one.target]:
                types.remove(held)
            self.parts[_TYPES] = _written(types)
            self.parts.pop(one.target, None)

    def add(self, pattern: str, part: bytes, *, content_type: str, by_ending: bool = False) -> str:
        """Add a part under the first free name of a pattern with {n}. Returns its path."""
        path = next(name for n in range(1, 10_000) if (name := pattern.format(n=n)) not in self.parts)
        self.parts[path] = part
        types = _parse(self.parts[_TYPES])
        namespace = etree.QName(types).namespace
        if by_ending:
            ending = path.rpartition(".")[2]
            if not any(one.get("Extension", "").lower() == ending for one in types):
                made = etree.Element(f"{{{namespace}}}Default", Extension=ending, ContentType=content_type)
                types.insert(0, made)
        else:
            etree.SubElement(types, f"{{{namespace}}}Override", PartName=f"/{path}", ContentType=content_type)
        self.parts[_TYPES] = _written(types)
        return path

    def as_bytes(self) -> bytes:
        out = BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, part in self.parts.items():
                came = self.entries.get(name)
                info = zipfile.ZipInfo(name, came.date_time if came else _LONG_AGO)
                info.compress_type = came.compress_type if came else zipfile.ZIP_DEFLATED
                info.external_attr, info.create_system = (came.external_attr, came.create_system) if came else (0, 0)
                archive.writestr(info, part)
        return out.getvalue()


_TYPES = "[Content_Types].xml"
_BEFORE_CALCULATION = (
    "fileVersion", "fileSharing", "workbookPr", "AlternateContent", "absPath", "revisionPtr", "workbookProtection",
    "bookViews", "sheets", "functionGroups", "externalReferences", "definedNames",
)  # fmt: skip
"""What stands before calcPr in a workbook."""


def _rels_path(path: str) -> str:
    folder, _sep, name = path.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


# --------------------------------------------------------------------------------------------------- one sheet

_AFTER_COMMENTS = (
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip


class _SheetPart:
    def __init__(self, package: _Package, name: str, path: str) -> None:
        self.package, self.name, self.path = package, name, path
        self.root = _parse(package.parts[path])
        self.namespace = etree.QName(self.root).namespace

    def fill(self, wanted: Mapping[str, Fill]) -> bool:
        """Write the cells of one sheet. Returns whether a formula gave way."""
        formula_gone = False
        data = _child(self.root, "sheetData")
        if data is None:
            raise Unsafe("annex.not_filled", cell=self.name)
        self.grid = _Grid(data, self.namespace)
        for address, fill in sorted(wanted.items(), key=lambda one: _place(one[0])):
            if fill.value is None and not fill.remark:
                continue
            formula_gone |= self._put(address, fill.value)
        _forget_results(data)
        remarks = {address: fill.remark for address, fill in wanted.items() if fill.remark}
        if remarks:
            _Comments(self).add(remarks)
        self.package.parts[self.path] = _written(self.root)
        return formula_gone

    def _put(self, address: str, value: Decimal | None) -> bool:
        cell = self.grid.cell(address, make=value is not None)
        if cell is None:
            return False
        formula = _child(cell, "f")
        if formula is not None and formula.get("t") in ("array", "dataTable"):
            raise Unsafe("annex.formula_of_many", cell=f"{self.name}!{address}")
        if formula is not None and formula.get("t") == "shared" and formula.text:
            self._write_out(formula, address)
        for one in list(cell):
            if _local(one) in ("f", "v", "is"):
                cell.remove(one)
        for attribute in ("t", "cm", "vm"):
            cell.attrib.pop(attribute, None)
        if value is not None:
            held = etree.Element(f"{{{self.namespace}}}v")
            held.text = figure_text(value)
            cell.insert(0, held)
        return formula is not None

    def _write_out(self, formula: Any, address: str) -> None:
        """Give the cells that share the formula of `address` their own, before that one goes."""
        for row in self.grid.rows.values():
            for column, cell in _cells(row):
                other = _child(cell, "f")
                if (
                    other is None
                    or other is formula
                    or other.get("t") != "shared"
                    or other.get("si") != formula.get("si")
                ):
                    continue
                here = cell.get("r") or f"{get_column_letter(column)}{row.get('r')}"
                other.text = Translator(f"={formula.text}", address).translate_formula(here)[1:]
                for attribute in ("t", "si", "ref"):
                    other.attrib.pop(attribute, None)


def figure_text(value: Decimal) -> str:
    """A figure as XML writes it: "12", "27.3", never "1E+3"."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _forget_results(data: Any) -> None:
    """Take the kept results out of cells with formulas: they were worked out from other figures."""
    for row in data:
        for cell in row:
            if _child(cell, "f") is None:
                continue
            for one in _children(cell, "v"):
                cell.remove(one)
            cell.attrib.pop("t", None)


def _place(address: str) -> tuple[int, int]:
    letters, row = coordinate_from_string(address)
    return row, column_index_from_string(letters)


class _Grid:
    """Rows and cells of a sheet by number. Both may leave their numbers out, and then follow the one before."""

    def __init__(self, data: Any, namespace: str) -> None:
        self.data, self.namespace = data, namespace
        self.rows: dict[int, Any] = {}
        number = 0
        for row in _children(data, "row"):
            number = int(row.get("r", number + 1))
            self.rows[number] = row

    def cell(self, address: str, *, make: bool) -> Any:
        row_number, column = _place(address)
        row = self.rows.get(row_number)
        if row is None:
            if not make:
                return None
            row = etree.Element(f"{{{self.namespace}}}row", r=str(row_number))
            before = sum(1 for number in self.rows if number < row_number)
            self.data.insert(before, row)
            self.rows[row_number] = row
        found, before = None, 0
        for index, (number, cell) in enumerate(_cells(row)):
            if number == column:
                return cell
            if number < column:
                before = index + 1
        if make:
            found = etree.Element(f"{{{self.namespace}}}c", r=f"{get_column_letter(column)}{row_number}")
            style = self._style(row)
            if style:
                found.set("s", style)
            row.insert(before, found)
            row.attrib.pop("spans", None)
        return found

    def _style(self, row: Any) -> str:
        """The style a cell that is not there has by its row."""
        return str(row.get("s", "")) if row.get("customFormat") in ("1", "true") else ""


def _cells(row: Any) -> Iterator[tuple[int, Any]]:
    number = 0
    for cell in _children(row, "c"):
        number = _place(cell.get("r"))[1] if cell.get("r") else number + 1
        yield number, cell


# ---------------------------------------------------------------------------------------------------- comments


class _Comments:
    """The comments of a sheet: their texts in one part, the boxes they are shown in in another (VML)."""

    def __init__(self, sheet: _SheetPart) -> None:
        self.sheet, self.package = sheet, sheet.package
        held = {one.type.rpartition("/")[2]: one.target for one in self.package.relations(sheet.path)}
        self.path = held.get("comments", "")
        if not self.path:
            root = etree.Element(f"{{{sheet.namespace}}}comments", nsmap={None: sheet.namespace})
            etree.SubElement(root, f"{{{sheet.namespace}}}authors")
            etree.SubElement(root, f"{{{sheet.namespace}}}commentList")
            kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
            self.path = self.package.add("xl/comments{n}.xml", _written(root), content_type=kind)
            self.package.relate(sheet.path, "comments", self.path)

    def add(self, remarks: Mapping[str, str]) -> None:
        root = _parse(self.package.parts[self.path])
        namespace = etree.QName(root).namespace
        authors, listed = _child(root, "authors"), _child(root, "commentList")
        names = [one.text or "" for one in authors]
        if AUTHOR not in names:
            etree.SubElement(authors, f"{{{namespace}}}author").text = AUTHOR
            names.append(AUTHOR)
        held = {one.get("ref"): one for one in listed}
        new = []
        for address in sorted(remarks, key=_place):
            said = remarks[address]
            if address in held:  # somebody else's words stay
                text = _child(held[address], "text")
                _run(text, namespace, f"\n—\n{said}")
                continue
            made = etree.SubElement(listed, f"{{{namespace}}}comment", ref=address, authorId=str(names.index(AUTHOR)))
            _run(etree.SubElement(made, f"{{{namespace}}}text"), namespace, said)
            new.append(address)
        listed[:] = sorted(listed, key=lambda one: _place(one.get("ref")))
        self.package.parts[self.path] = _written(root)
        if new:
            self._show(new, remarks)

    def _show(self, addresses: Sequence[str], remarks: Mapping[str, str]) -> None:
        root = self.sheet.root
        pointer = _child(root, "legacyDrawing")
        targets = {one.id: one.target for one in self.package.relations(self.sheet.path)}
        path = targets.get(_relation_id(pointer), "") if pointer is not None else ""
        if path in self.package.parts:
            drawn = self.package.parts[path].decode("utf-8", errors="surrogateescape")
            first = max((int(one) for one in re.findall(r"_x0000_s(\d+)", drawn)), default=1024) + 1
            boxes = "".join(_box(first + n, one, remarks[one]) for n, one in enumerate(addresses))
            kind = "" if "_x0000_t202" in drawn else _BOX_KIND
            cut = drawn.rindex("</xml>") if "</xml>" in drawn else len(drawn)
            made = drawn[:cut] + kind + boxes + drawn[cut:]
            self.package.parts[path] = made.encode("utf-8", errors="surrogateescape")
            return
        number = list(self.package.sheets().values()).index(self.sheet.path) + 1
        boxes = "".join(_box(number * 1024 + 1 + n, one, remarks[one]) for n, one in enumerate(addresses))
        drawn = f"{_VML_HEAD.format(number=number)}{_BOX_KIND}{boxes}</xml>"
        path = self.package.add(
            "xl/drawings/vmlDrawing{n}.vml",
            drawn.encode(),
            content_type="application/vnd.openxmlformats-officedocument.vmlDrawing",
            by_ending=True,
        )
        relation = self.package.relate(self.sheet.path, "vmlDrawing", path)
        if pointer is None:
            pointer = etree.Element(f"{{{self.sheet.namespace}}}legacyDrawing")
            after = [n for n, one in enumerate(root) if _local(one) in _AFTER_COMMENTS]
            root.insert(after[0] if after else len(root), pointer)
        pointer.set(f"{{{self.package.relation_base}}}id", relation)


def _run(text: Any, namespace: str, said: str) -> None:
    run = etree.SubElement(text, f"{{{namespace}}}r")
    held = etree.SubElement(run, f"{{{namespace}}}t")
    held.text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " ", said)
    held.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


_VML_HEAD = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">'
    '<o:idmap v:ext="edit" data="{number}"/></o:shapelayout>'
)
_BOX_KIND = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


def _box(number: int, address: str, said: str) -> str:
    """The box of one comment: hidden until the cell is pointed at, two columns wide beside it."""
    row, column = _place(address)
    tall = min(14, 3 + len(said) // 30)
    anchor = f"{column}, 15, {max(0, row - 2)}, 10, {column + 3}, 15, {max(0, row - 2) + tall}, 4"
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" fillcolor="#ffffe1" o:insetmode="auto" '
        f'style="position:absolute;margin-left:59pt;margin-top:1pt;width:180pt;height:60pt;z-index:1;visibility:hidden">'
        '<v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{escape(anchor)}</x:Anchor><x:AutoFill>False</x:AutoFill>"
        f"<x:Row>{row - 1}</x:Row><x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
    )
