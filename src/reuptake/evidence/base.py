"""The whole of what is known: read once, checked as a whole, asked by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.alleles import Frequencies, Functions, Gene, Rule, gene_problems
from reuptake.evidence.claims import Claim
from reuptake.evidence.compounds import Compound
from reuptake.evidence.reading import Document, read, validated
from reuptake.evidence.records import Record
from reuptake.evidence.sources import Source, read_bibliography
from reuptake.evidence.studies import Study
from reuptake.units import unit

__all__ = ["Evidence", "load", "packaged"]

T = TypeVar("T")
DATA = Path(__file__).parent / "data"
_RECORDS = TypeAdapter(list[Record])
_CLAIMS = TypeAdapter(list[Claim])
_STUDIES = TypeAdapter(list[Study])
_COMPOUND = TypeAdapter(Compound)
_GENE = TypeAdapter(Gene)
_SHAPES = (Record, Claim, Study, Compound, Gene, Functions, Rule, Frequencies)
_FIELDS = sorted({name for shape in _SHAPES for name in shape.model_fields})


@dataclass(frozen=True)
class Evidence:
    """Records, claims, studies, compounds, genes and sources; immutable."""

    records: tuple[Record, ...]
    claims: tuple[Claim, ...]
    studies: tuple[Study, ...]
    compounds: Mapping[str, Compound]
    sources: Mapping[str, Source]
    places: Mapping[str, str] = field(repr=False)
    in_use: Mapping[str, Record] = field(repr=False)
    guests: Mapping[str, str] = field(repr=False, default_factory=dict)  # text of the user's file, by compound
    alleles: Mapping[str, Gene] = field(repr=False, default_factory=dict)  # by gene, such as CYP2D6

    def record(self, name: str, species: str | None = None) -> Record:
        """The record in use of a quantity, for one species where it differs.

        Raises
        ------
        InputError
            If there is none; names the closest.
        """
        found = self.find(name, species)
        if found is None:
            wanted = f"'{name}' or '{name}.{species}'" if species else f"'{name}'"
            raise InputError(Problem(f"no value {wanted} in the evidence", hint=nearest(name, self.in_use)))
        return found

    def find(self, name: str, species: str | None = None) -> Record | None:
        """The record in use, or None."""
        return (self.in_use.get(f"{name}.{species}") if species else None) or self.in_use.get(name)

    def rivals(self, name: str) -> list[Record]:
        """Every record of a name or, without species, of all species: the one in use first."""
        found = [record for record in self.records if name in (record.name, record.stem)]
        return sorted(found, key=lambda record: (record.name, not record.use))

    def compound(self, name: str, where: str = "") -> Compound:
        """A compound by name, or by another name that it is known by."""
        if name not in self.compounds:
            for compound in self.compounds.values():
                if name in compound.aliases:
                    return compound
            raise InputError(Problem(f"unknown compound '{name}'", where, nearest(name, sorted(self.compounds))))
        return self.compounds[name]

    def dose_form_mass(self, compound: str, species: str) -> str:
        """Name of the molar mass that turns a dose into moles; a free base is weighed as itself."""
        own = f"{compound}.dose_form.molar_mass"
        base = self.compounds[compound].dose_form == "free base" and self.find(own, species) is None
        return f"{compound}.molar_mass" if base else own

    def reference(self, key: str) -> str:
        """A source as a line of a reference list."""
        return self.sources[key].reference()


@lru_cache(maxsize=1)
def packaged() -> Evidence:
    """The evidence that comes with the package."""
    return load()


def load(compound_files: Iterable[Path] = (), data: Path = DATA) -> Evidence:
    """The packaged evidence, with compound files of the user's own beside or instead of it.

    Raises
    ------
    InputError
        With every problem of every file: shape, then what only shows in the whole.
    """
    gathered = _Gathered()
    gathered.bibliography(data / "sources.bib")
    for path in sorted(data.glob("values/**/*.yaml")):
        shown = str(path.relative_to(data))
        if path.parent.name == "compounds":
            gathered.compound(path, shown)
        else:
            gathered.listed(path, shown, _RECORDS, gathered.records)
    for path in sorted(data.glob("claims/*.yaml")):
        gathered.listed(path, str(path.relative_to(data)), _CLAIMS, gathered.claims)
    for path in sorted(data.glob("studies/*.yaml")):
        gathered.listed(path, str(path.relative_to(data)), _STUDIES, gathered.studies)
    for path in sorted(data.glob("alleles/*.yaml")):
        gathered.gene(path, str(path.relative_to(data)))
    for path in compound_files:
        gathered.compound(path, str(path), replaces=True)
    return gathered.evidence()


class _Gathered:
    """What has been read so far, and everything that was wrong with it."""

    def __init__(self) -> None:
        self.records: list[tuple[Record, str]] = []
        self.claims: list[tuple[Claim, str]] = []
        self.studies: list[tuple[Study, str]] = []
        self.compounds: dict[str, Compound] = {}
        self.genes: dict[str, tuple[Gene, Document]] = {}
        self.sources: dict[str, Source] = {}
        self.problems: list[Problem] = []
        self.guests: tuple[str, ...] = ()
        self.texts: dict[str, str] = {}

    def bibliography(self, path: Path) -> None:
        try:
            self.sources |= read_bibliography(path.read_text(encoding="utf-8"), path.name)
        except InputError as error:
            self.problems += error.problems

    def listed(self, path: Path, shown: str, shape: TypeAdapter[list[T]], shelf: list[tuple[T, str]]) -> None:
        document = self._read(path, shown)
        items = self._validated(document, shape) if document else None
        if document and items:
            shelf += [(item, document.where((i,))) for i, item in enumerate(items)]

    def compound(self, path: Path, shown: str, *, replaces: bool = False) -> None:
        document = self._read(path, shown)
        compound = self._validated(document, _COMPOUND) if document else None
        if document is None or compound is None:
            return
        name = compound.compound
        if replaces:
            self.guests += (shown,)
            self.texts[name] = path.read_text(encoding="utf-8")
            self.records = [entry for entry in self.records if not entry[0].name.startswith(f"{name}.")]
            self.claims = [entry for entry in self.claims if entry[0].subject != name or not compound.claims]
        self.compounds[name] = compound
        for i, record in enumerate(compound.values):
            where = document.where(("values", i))
            if not record.name.startswith(f"{name}."):
                self.problems.append(
                    Problem(f"'{record.name}' does not belong to {name}", where, f"begin it with '{name}.'")
                )
            self.records.append((record, where))
        self.claims += [(claim, document.where(("claims", i))) for i, claim in enumerate(compound.claims)]
        if compound.sources:
            line = document.positions.get(("sources",), (1, 1))[0] + 1
            try:
                self.sources |= read_bibliography(compound.sources, shown, line)
            except InputError as error:
                self.problems += error.problems

    def gene(self, path: Path, shown: str) -> None:
        document = self._read(path, shown)
        gene = self._validated(document, _GENE) if document else None
        if document is None or gene is None:
            return
        self.problems += gene_problems(gene, document)
        if gene.gene in self.genes:
            first = self.genes[gene.gene][1].file
            self.problems.append(Problem(f"{gene.gene} has a file already, {first}", document.where(("gene",))))
        self.genes[gene.gene] = gene, document

    def _read(self, path: Path, shown: str) -> Document | None:
        try:
            return read(path, shown)
        except InputError as error:
            self.problems += error.problems
            return None

    def _validated(self, document: Document, shape: TypeAdapter[T]) -> T | None:
        try:
            return validated(document, shape, _FIELDS)
        except InputError as error:
            self.problems += error.problems
            return None

    def evidence(self) -> Evidence:
        misshapen = bool(self.problems)
        self.problems += [*self._duplicates(), *self._units()]
        if not misshapen:  # what could not be read would be missed by everything that names it
            self.problems += self._unknown_names()
        if self.problems:
            raise InputError(self.problems)
        records = [record for record, _ in self.records]
        return Evidence(
            tuple(records),
            tuple(claim for claim, _ in self.claims),
            tuple(study for study, _ in self.studies),
            self.compounds,
            self.sources,
            {record.name: where for record, where in self.records if record.use},
            {record.name: record for record in records if record.use},
            self.texts,
            {name: gene for name, (gene, _) in self.genes.items()},
        )

    def _duplicates(self) -> Iterable[Problem]:
        uses: dict[str, list[str]] = defaultdict(list)
        names: dict[str, str] = {}
        for record, where in self.records:
            names.setdefault(record.name, where)
            if record.use:
                uses[record.name].append(where)
        for name, where in names.items():
            if name not in uses:
                yield Problem(f"no record of '{name}' is in use", where, "set 'use: true' in one of them")
            elif len(uses[name]) > 1:
                yield Problem(
                    f"{len(uses[name])} records of '{name}' are in use",
                    uses[name][1],
                    f"keep one, set 'use: false' in the others; the first stands at {uses[name][0]}",
                )
        ids: dict[str, str] = {}
        named: list[tuple[Claim | Study, str]] = [*self.claims, *self.studies]
        for item, where in named:
            if item.id in ids:
                yield Problem(f"the id '{item.id}' is given twice, first at {ids[item.id]}", where)
            ids.setdefault(item.id, where)

    def _units(self) -> Iterable[Problem]:
        first: dict[str, Record] = {}
        for record, where in self.records:
            known = first.setdefault(record.stem, record)
            if unit(known.unit).dimension != unit(record.unit).dimension:
                yield Problem(
                    f"'{record.name}' is in {record.unit}, elsewhere in {known.unit}: not the same dimension",
                    where,
                )

    def _unknown_names(self) -> Iterable[Problem]:
        known_values = {record.name for record, _ in self.records} | {record.stem for record, _ in self.records}
        cited: list[tuple[str, str]] = [(r.source, where) for r, where in self.records if r.source]
        cited += [(r.via, where) for r, where in self.records if r.via]
        cited += [(key, where) for claim, where in self.claims for key in claim.sources]
        cited += [(study.source, where) for study, where in self.studies]
        cited += self._cited_by_genes()
        for key, where in cited:
            if key not in self.sources:
                yield Problem(f"source '{key}' is not in the bibliography", where, nearest(key, self.sources))
        for claim, where in self.claims:
            if self.guests and not where.startswith(self.guests):
                continue  # a guest may replace what a packaged claim leans on
            for name in claim.values:
                if name not in known_values:
                    yield Problem(
                        f"claim '{claim.id}' leans on '{name}', which no record gives",
                        where,
                        nearest(name, known_values),
                    )
        for name, compound in self.compounds.items():
            for pathway in compound.pathways:
                if pathway.product and pathway.product not in self.compounds:
                    yield Problem(
                        f"{name}: the product '{pathway.product}' has no compound file",
                        "",
                        nearest(pathway.product, self.compounds),
                    )
        yield from self._phenotypes_without_value(known_values)
        used = {key for key, _ in cited}
        for key, source in self.sources.items():
            if key not in used and not self.guests:  # a guest may replace what cited a packaged source
                yield Problem(f"source '{key}' is cited by nothing", source.where, "cite it or take it out")

    def _cited_by_genes(self) -> Iterable[tuple[str, str]]:
        for gene, document in self.genes.values():
            for shelf in ("alleles", "frequencies"):
                for i, entry in enumerate(getattr(gene, shelf)):
                    yield from ((key, document.where((shelf, i))) for key in (entry.source, entry.via) if key)

    def _phenotypes_without_value(self, known_values: set[str]) -> Iterable[Problem]:
        for gene, document in self.genes.values():
            for i, rule in enumerate(gene.phenotypes):
                name = gene.representative(rule.phenotype)
                if name not in known_values:
                    yield Problem(
                        f"{gene.gene}: the phenotype '{rule.phenotype}' needs a record '{name}'",
                        document.where(("phenotypes", i)),
                    )


def as_data(item: Record | Claim) -> dict[str, Any]:
    """A record or claim as plain data, for an answer."""
    return item.model_dump(mode="json")
