"""How the equations of a system become straight lines of vector code.

Every function has the same form, ``name(time, states, inputs, hoisted, out)``: pointers to arrays of
vectors in, an array of vectors out. What parameters alone decide is computed once for each subject by
``prologue`` and read from ``hoisted``. A product that is only added becomes a fused multiply-add.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reuptake.engine.backends.llvm.words import Target
from reuptake.equations.expression import Expression
from reuptake.equations.program import straighten

__all__ = ["ARGUMENTS", "Layout", "StraightLine", "function", "prologue"]

ARGUMENTS = ("time", "states", "inputs", "hoisted")
WORDS = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}


@dataclass(frozen=True)
class Layout:
    """Where each symbol lies: its place in the array of its kind; serial numbers of what is hoisted to slots."""

    states: Mapping[str, int]
    inputs: Mapping[str, int]
    parameters: Mapping[str, int]
    slots: Mapping[int, int]

    def place(self, node: Expression) -> tuple[str, int] | None:
        """The array a node is read from and its index there; None if it is computed."""
        if node.serial in self.slots:
            return "hoisted", self.slots[node.serial]
        if node.op == "state":
            return "states", self.states[node.name]
        if node.op == "input":
            return "inputs", self.inputs[node.name]
        return ("time", 0) if node.op == "time" else None


class StraightLine:
    """Instructions that compute expressions of one graph, each once, in vectors of one width."""

    def __init__(self, target: Target, roots: Sequence[Expression], load: Callable[[Expression], str | None]) -> None:
        self.target, self.load = target, load
        self.type = target.type("vector")
        self.lines: list[str] = []
        self.known: dict[int, str] = {}
        self.count = 0
        self.flops = 0
        self.uses = _uses(roots)

    def new(self, instruction: str) -> str:
        """Write one instruction; the name of its result."""
        self.count += 1
        self.lines.append(f"%x{self.count} = {instruction}")
        return f"%x{self.count}"

    def read(self, pointer: str, index: int, stride: int = 0) -> str:
        """The vector at a place of an array; `stride` numbers lie between two of them (a whole vector unless given)."""
        address = self.address(pointer, index, stride)
        return self.new(f"load {self.type}, ptr {address}, align 8")

    def write(self, value: str, pointer: str, index: int, stride: int = 0) -> None:
        """Store a vector."""
        self.lines.append(f"store {self.type} {value}, ptr {self.address(pointer, index, stride)}, align 8")

    def address(self, pointer: str, index: int, stride: int) -> str:
        return self.new(f"getelementptr double, ptr {pointer}, i64 {index * (stride or self.target.lanes)}")

    def value(self, node: Expression) -> str:
        """The name of a node's value; everything below it is computed first, without recursion."""
        stack = [node]
        while stack:
            top = _seen_through(stack[-1])
            if top.serial in self.known:
                stack.pop()
                continue
            given = self.target.literal(top.value) if top.op == "number" else self.load(top)
            if given is not None:
                self.known[top.serial] = given
                continue
            missing = [arg for arg in self._needed(top) if _seen_through(arg).serial not in self.known]
            if missing:
                stack.extend(reversed(missing))
            else:
                self.known[top.serial] = self._operation(top)
        return self.known[_seen_through(node).serial]

    def _needed(self, node: Expression) -> list[Expression]:
        """What must be known before a node: the factors of a product that is fused into it, else its arguments."""
        fused = self._fused(node)
        if fused is None:
            return list(node.args)
        product, other, _, _ = fused
        return [*product.args, other]

    def _fused(self, node: Expression) -> tuple[Expression, Expression, bool, bool] | None:
        """A product used here only, what it is added to, and whether either is taken negative."""
        if node.op not in ("add", "subtract") or not self.target.fused:
            return None
        left, right = (_seen_through(arg) for arg in node.args)
        minus = node.op == "subtract"
        for product, other, signs in ((right, left, (minus, False)), (left, right, (False, minus))):
            only_here = self.uses[product.serial] == 1 and product.serial not in self.known
            if product.op == "multiply" and only_here and self.load(product) is None:
                return product, other, *signs
        return None

    def _operation(self, node: Expression) -> str:
        self.flops += 1
        fused = self._fused(node)
        if fused is not None:
            product, other, negative, less = fused
            a, b, c = self._now(product.args[0]), self._now(product.args[1]), self._now(other)
            a = self.new(f"fneg {self.type} {a}") if negative else a
            c = self.new(f"fneg {self.type} {c}") if less else c
            self.flops += 1
            return self.fma(a, b, c)
        args = [self._now(arg) for arg in node.args]
        if node.op in WORDS:
            return self.new(f"{WORDS[node.op]} {self.type} {args[0]}, {args[1]}")
        return self._elementary(node, args)

    def fma(self, a: str, b: str, c: str) -> str:
        """a·b + c."""
        if not self.target.fused:
            return self.new(f"fadd {self.type} {self.new(f'fmul {self.type} {a}, {b}')}, {c}")
        word = f"llvm.fma.v{self.target.lanes}f64"
        return self.new(f"call {self.type} @{word}({self.type} {a}, {self.type} {b}, {self.type} {c})")

    def _elementary(self, node: Expression, args: list[str]) -> str:
        exponent = node.args[1] if node.op == "power" else None
        if exponent is not None and exponent.op == "number":
            if exponent.value in (2.0, 3.0, 4.0):
                return self._whole_power(args[0], int(exponent.value))
            if exponent.value == -1.0:
                return self.new(f"fdiv {self.type} {self.target.literal(1.0)}, {args[0]}")
            if exponent.value == 0.5:
                return self.new(f"call {self.type} @llvm.sqrt.v{self.target.lanes}f64({self.type} {args[0]})")
        word = {"power": "pow", "power_log": "powlog"}.get(node.op, node.op)
        joined = ", ".join(f"{self.type} {arg}" for arg in args)
        return self.new(f"call {self.type} @{word}.w{self.target.lanes}({joined})")

    def _whole_power(self, base: str, exponent: int) -> str:
        square = self.new(f"fmul {self.type} {base}, {base}")
        if exponent == 2:
            return square
        return self.new(f"fmul {self.type} {square}, {square if exponent == 4 else base}")

    def _now(self, node: Expression) -> str:
        return self.known[_seen_through(node).serial]


def function(name: str, target: Target, layout: Layout, roots: Sequence[Expression]) -> tuple[str, int]:
    """Text of one function that stores the values of some expressions in order, and its floating-point operations."""
    line = StraightLine(target, roots, lambda node: None)
    line.load = _loader(line, layout)
    for index, root in enumerate(roots):
        line.write(line.value(root), "%out", index)
    pointers = ", ".join(f"ptr noalias readonly %{argument}" for argument in ARGUMENTS)
    body = "\n".join(line.lines)
    return f"define internal void @{name}({pointers}, ptr noalias %out) #0 {{\n{body}\nret void\n}}\n", line.flops


def _loader(line: StraightLine, layout: Layout) -> Callable[[Expression], str | None]:
    read: dict[tuple[str, int], str] = {}

    def load(node: Expression) -> str | None:
        place = layout.place(node)
        if place is None:
            return None
        if place not in read:
            read[place] = line.read(f"%{place[0]}", place[1])
        return read[place]

    return load


def prologue(name: str, lanes: int, target: Target, layout: Layout, roots: Mapping[int, Expression]) -> str:
    """Text of a function that computes, for one lane, what parameters alone decide.

    It reads ``parameters``, one number after another, and writes each root to its slot of an array of
    vectors of `lanes` numbers, at the lane that ``out`` points to. `target` is one lane wide.
    """
    line = StraightLine(target, list(roots.values()), lambda node: None)

    def load(node: Expression) -> str | None:
        return line.read("%parameters", layout.parameters[node.name], 1) if node.op == "parameter" else None

    line.load = load
    for slot, root in roots.items():
        line.write(line.value(root), "%out", slot, lanes)
    body = "\n".join(line.lines)
    head = f"define internal void @{name}(ptr noalias readonly %parameters, ptr noalias %out) #0"
    return f"{head} {{\n{body}\nret void\n}}\n"


def _uses(roots: Sequence[Expression]) -> Counter[int]:
    """How often each node is an argument or a root."""
    uses: Counter[int] = Counter(_seen_through(root).serial for root in roots)
    program = straighten(roots)
    for node in (*program.hoisted, *program.body):
        uses.update(_seen_through(arg).serial for arg in node.args)
    return uses


def _seen_through(node: Expression) -> Expression:
    while node.op == "named":
        node = node.args[0]
    return node
