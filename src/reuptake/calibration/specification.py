"""A fit as a file: what is moved, what it must explain, how misses are weighed, what is written.

The words of the file are those of the shapes below; `docs/reference/fit-files.md` tells them with an example.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, model_validator

from reuptake.calibration.parameters import Scale
from reuptake.evidence.reading import Document, read, validated
from reuptake.evidence.records import Frozen, Number, RecordName, SpeciesName, UnitText
from reuptake.evidence.studies import Role

__all__ = [
    "Between", "Data", "Known", "LevelError", "Moved", "Result", "Specification", "TableOf", "Weighing", "Without",
    "read_specification",
]  # fmt: skip


def _identifier(text: str) -> str:
    if not text or not all(part.isalnum() for part in text.split("-")):
        raise ValueError("a fit is named by letters, digits and dashes, like disposition-2")
    return text


Above = Annotated[Number, Field(gt=0.0)]
USUAL_SIGMA = 0.3


class Known(Frozen):
    """What is known of a quantity before: log-normal about a value, or normal with an SD."""

    value: Number
    cv: Above | None = None
    sd: Above | None = None
    because: str

    @model_validator(mode="after")
    def _one_width(self) -> Known:
        if (self.cv is None) == (self.sd is None):
            raise ValueError("a prior has either 'cv' (log-normal) or 'sd' (normal)")
        return self


class Moved(Frozen):
    """One quantity that the search moves.

    It starts at the value of the record of its name, and may go ten times as far up and down, unless said otherwise.
    ``prior: evidence`` takes the spread of the record.
    """

    name: RecordName
    unit: UnitText | None = None
    start: Number | None = None
    low: Number | None = None
    high: Number | None = None
    scale: Scale = "log"
    prior: Known | Literal["evidence"] | None = None


class Result(Frozen):
    """One record that the fit gives: a formula of what was moved and of other records, or ``""`` for its own name."""

    name: RecordName
    formula: str = ""
    unit: UnitText | None = None
    status: Literal["fitted", "derived", "assumed"] = "fitted"
    source: str = ""
    because: str = ""


class LevelError(Frozen):
    """How far measured levels lie from true ones: by a log SD, or by an SD that is constant, a share, or both."""

    log: Above | None = None
    constant: Above | None = None
    share: Above | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> LevelError:
        if (self.log is None) == (self.constant is None and self.share is None):
            raise ValueError("an error of levels is either 'log', or 'constant' and 'share'")
        return self


class TableOf(Frozen):
    """A table of measured levels, beside this file, and what it does not say (``docs/reference/levels.md``)."""

    model_config = ConfigDict(populate_by_name=True)

    file: str
    error: LevelError | None = None
    compound: str
    analytes: Mapping[str, str] = {}
    dose: str | None = None
    every: str | None = None
    duration: str | None = Field(None, alias="for")
    route: str | None = None
    infuse_over: str | None = None
    coadministered: tuple[str, ...] = ()
    lead: str | None = None
    weight: str | None = None
    genotypes: tuple[str, ...] = ()
    phenotypes: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    conc_unit: str | None = None
    dose_unit: str | None = None
    time_unit: str | None = None
    lloq: str | None = None
    columns: Mapping[str, str] = {}

    def words(self, species: str) -> dict[str, Any]:
        """What is said, by the words that tables are read with."""
        said = self.model_dump(by_alias=True, exclude={"file", "error"}, exclude_defaults=True)
        return said | {"species": species}


class Without(Frozen):
    """Results of a study that are left out, all of them or those of an arm or an analyte."""

    study: str
    arm: str | None = None
    analyte: str | None = None
    because: str


class Data(Frozen):
    """Studies by role or by id, tables, or both."""

    studies: Role | tuple[str, ...] | None = None
    without: tuple[Without, ...] = ()
    tables: tuple[TableOf, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> Data:
        if not self.studies and not self.tables:
            raise ValueError("a fit needs 'studies' (a role, or a list of ids) or 'tables'")
        return self


class Weighing(Frozen):
    """How a miss counts.

    Attributes
    ----------
    sigma : number or ``estimated``
        Standard deviation of ln observed about ln predicted, of studies, and of levels whose table says no other.
    rough : number or None
        The same for the time of a peak, and for what was found in fewer than three subjects.
    speaks : number or None
        The results of one study, analyte and quantity together weigh no more than so many; all alike unless given.
    bend : number or None
        Beyond so many standard deviations a miss counts by its size, no more by its square (soft L1).
    omega : number or None
        Standard deviation of the effect that a study has on all its levels of one drug; no such effects unless given.
    """

    sigma: Above | Literal["estimated"] = USUAL_SIGMA
    rough: Above | None = None
    speaks: Above | None = None
    bend: Above | None = None
    omega: Above | None = None

    @model_validator(mode="after")
    def _sigma_can_be_told(self) -> Weighing:
        others = [word for word in ("rough", "speaks", "bend", "omega") if getattr(self, word) is not None]
        if self.sigma == "estimated" and others:
            raise ValueError(f"sigma is estimated from residuals alike; state a number beside {', '.join(others)}")
        return self


class Between(Frozen):
    """By how much people differ in a quantity: a first coefficient of variation, alone or as ``cv``."""

    cv: Above

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, said: Any) -> Any:
        return {"cv": said} if isinstance(said, int | float) else said


class Specification(Frozen):
    """One fit.

    ``terms`` are formulas under a name, for formulas below them to use; with ``definitions_of`` a compound, formulas
    may also name what the model of that compound defines (``liver.flow``), at the reference individual. With
    ``between``, by quantity, a population is estimated (``docs/reference/population-estimates.md``).
    """

    fit: Annotated[str, AfterValidator(_identifier)]
    species: SpeciesName = "human"
    about: str = ""
    quantities: Annotated[tuple[Moved, ...], Field(min_length=1)]
    terms: Mapping[str, str] = {}
    records: tuple[Result, ...] = ()
    definitions_of: str | None = None
    data: Data
    weighing: Weighing = Weighing()
    between: Mapping[str, Between] = {}
    between_correlated: bool = False
    method: Literal["focei", "laplace"] | None = None

    @model_validator(mode="after")
    def _of_people(self) -> Specification:
        if not self.between and (self.between_correlated or self.method):
            raise ValueError("'between_correlated' and 'method' go with 'between', which says who differs in what")
        return self


_SHAPE = TypeAdapter(Specification)
_SHAPES = (Specification, Between, Moved, Known, Result, TableOf, LevelError, Without, Data, Weighing)
_FIELDS = sorted({name for shape in _SHAPES for name in shape.model_fields})


def read_specification(path: Path) -> tuple[Specification, Document]:
    """A fit from its file, and where each of its words stands.

    Raises
    ------
    InputError
        With everything that does not fit, each with its place.
    """
    document = read(path)
    return validated(document, _SHAPE, _FIELDS), document
