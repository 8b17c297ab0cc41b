"""What each word of the small language comes to: expressions, and LLVM's instructions for them."""

from __future__ import annotations

import ast
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["KINDS", "Signature", "Target", "Unwritten", "Value", "Words", "hexadecimal"]

ARRAYS = {"Floats": "floats", "Ints": "ints", "Lanes": "lanes"}
KINDS = {"float": "float", "int": "int", "bool": "bool", "Vector": "vector", "Mask": "mask", "None": "none"} | ARRAYS
ELEMENTS = {"floats": "float", "ints": "int", "lanes": "vector"}
ELEMENTARY = ("exp", "log", "pow", "powlog", "sin", "cos")
SIGNS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
ORDERS = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne"}
INTRINSICS = {"magnitude": "fabs", "root": "sqrt", "floor": "floor", "nearest": "roundeven"}


class Unwritten(Exception):
    """The driver uses a word that the small language does not have: a fault of the driver's author."""


@dataclass(frozen=True)
class Target:
    """For what the text is written: how many lanes, and whether a·b + c is one instruction."""

    lanes: int
    fused: bool

    def type(self, kind: str) -> str:
        """LLVM's name of a kind of value."""
        plain = {"float": "double", "int": "i64", "bool": "i1", "none": "void"}
        vectors = {"vector": "double", "mask": "i1", "bits": "i64"}
        if kind in vectors:
            return f"<{self.lanes} x {vectors[kind]}>"
        return plain.get(kind, "ptr")

    def literal(self, number: float) -> str:
        """A number in every lane."""
        return "<" + ", ".join([f"double {hexadecimal(number)}"] * self.lanes) + ">"


def hexadecimal(number: float) -> str:
    """A double as LLVM reads it without rounding."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', float(number)))[0]:016X}"


@dataclass(frozen=True)
class Value:
    """What an expression came to: a kind and the text that stands for it."""

    kind: str
    text: str


@dataclass(frozen=True)
class Signature:
    """Kinds of a function's arguments and result, and the name it is linked by."""

    arguments: tuple[str, ...]
    result: str
    symbol: str
    takes_work: bool


class Words:
    """Writes the expressions of one function; the statements around them write here too.

    Attributes
    ----------
    known : dict of name to constant
        What is decided while compiling, counters of unrolled loops among it.
    places : dict of name to Value
        Where each local variable lies.
    lines : list of str
        Instructions so far; `first` holds the places, which come before all of them.
    """

    def __init__(
        self, target: Target, known: Mapping[str, Any], table: Mapping[str, tuple[int, str]],
        signatures: Mapping[str, Signature],
    ) -> None:  # fmt: skip
        self.target, self.table, self.signatures = target, table, signatures
        self.known = dict(known)
        self.places: dict[str, Value] = {}
        self.first: list[str] = []
        self.lines: list[str] = []
        self.count = 0

    def store(self, name: str, value: Value) -> None:
        if name not in self.places:
            self.first.append(f"%v.{name} = alloca {self.target.type(value.kind)}")
            self.places[name] = Value(value.kind, f"%v.{name}")
        place = self.places[name]
        value = self.convert(value, place.kind)
        self.lines.append(f"store {self.target.type(value.kind)} {value.text}, ptr {place.text}")

    def fixed(self, node: ast.expr) -> tuple[Any] | None:
        """The value of an expression that constants alone decide, in a tuple; None if there is more in it."""
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            # What can never be true is not looked at further: the rest may speak of what is not there.
            first = self.fixed(node.values[0])
            if first is not None and not first[0]:
                return first
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        if names & self.places.keys() or not names <= self.known.keys():
            return None
        return (eval(compile(ast.fix_missing_locations(ast.Expression(node)), "<fixed>", "eval"), {}, self.known),)

    def expression(self, node: ast.expr) -> Value:
        fixed = self.fixed(node)
        if fixed is not None:
            return self.constant(fixed[0])
        if isinstance(node, ast.Name):
            return self.name(node.id)
        if isinstance(node, ast.BinOp):
            return self.binary(node.op, self.expression(node.left), self.expression(node.right))
        if isinstance(node, ast.UnaryOp):
            return self.unary(node)
        if isinstance(node, ast.Compare):
            return self.compare(node)
        if isinstance(node, ast.BoolOp):
            return self.both(node)
        if isinstance(node, ast.Subscript):
            kind, address = self.address(node)
            return Value(kind, self.new(f"load {self.target.type(kind)}, ptr {address}, align 8"))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self.call(node.func.id, [self.expression(argument) for argument in node.args])
        raise Unwritten(f"no expression {ast.dump(node)}")

    def constant(self, value: Any) -> Value:
        if isinstance(value, bool):
            return Value("bool", str(int(value)))
        if isinstance(value, int):
            return Value("int", str(value))
        return Value("float", hexadecimal(float(value)))

    def name(self, name: str) -> Value:
        if name in self.places:
            place = self.places[name]
            return Value(place.kind, self.new(f"load {self.target.type(place.kind)}, ptr {place.text}"))
        if name in self.table:
            slot, kind = self.table[name]
            address = self.new(f"getelementptr i64, ptr %work, i64 {slot}")
            return Value(kind, self.new(f"load {self.target.type(kind)}, ptr {address}, align 8, !invariant.load !0"))
        raise Unwritten(f"nothing is called {name}")

    def address(self, node: ast.Subscript) -> tuple[str, str]:
        array, index = self.expression(node.value), self.convert(self.expression(node.slice), "int")
        if array.kind not in ELEMENTS:
            raise Unwritten(f"line {node.lineno}: a {array.kind} has no elements")
        kind = ELEMENTS[array.kind]
        return kind, self.new(f"getelementptr {self.target.type(kind)}, ptr {array.text}, i64 {index.text}")

    def unary(self, node: ast.UnaryOp) -> Value:
        value = self.expression(node.operand)
        if isinstance(node.op, ast.Not):
            return Value("bool", self.new(f"xor i1 {self.convert(value, 'bool').text}, 1"))
        if not isinstance(node.op, ast.USub):
            raise Unwritten(f"no sign {type(node.op).__name__}")
        if value.kind == "int":
            return Value("int", self.new(f"sub i64 0, {value.text}"))
        return Value(value.kind, self.new(f"fneg {self.target.type(value.kind)} {value.text}"))

    def binary(self, op: ast.operator, left: Value, right: Value) -> Value:
        if isinstance(op, ast.BitAnd | ast.BitOr):
            word = "and" if isinstance(op, ast.BitAnd) else "or"
            return Value(left.kind, self.new(f"{word} {self.target.type(left.kind)} {left.text}, {right.text}"))
        if isinstance(op, ast.Pow):
            return self.call("pow", [left, right])
        kind = self.common(left, right)
        if isinstance(op, ast.FloorDiv | ast.Mod):
            word = "sdiv" if isinstance(op, ast.FloorDiv) else "srem"
            return Value("int", self.new(f"{word} i64 {left.text}, {right.text}"))
        if isinstance(op, ast.Div) and kind == "int":
            kind = "float"
        left, right = self.convert(left, kind), self.convert(right, kind)
        word = ("" if kind == "int" else "f") + SIGNS[type(op)]
        return Value(kind, self.new(f"{word} {self.target.type(kind)} {left.text}, {right.text}"))

    def compare(self, node: ast.Compare) -> Value:
        left, right = self.expression(node.left), self.expression(node.comparators[0])
        kind, order = self.common(left, right), ORDERS[type(node.ops[0])]
        left, right = self.convert(left, kind), self.convert(right, kind)
        if kind == "int":
            word = f"icmp {order if order in ('eq', 'ne') else 's' + order}"
        else:
            word = f"fcmp {'une' if order == 'ne' else 'o' + order}"
        result = "mask" if kind == "vector" else "bool"
        return Value(result, self.new(f"{word} {self.target.type(kind)} {left.text}, {right.text}"))

    def both(self, node: ast.BoolOp) -> Value:
        """``and``, ``or``: what follows is looked at only if it can still matter."""
        name, after = f".{self.label('logic')}", self.label("known")
        stop = "0" if isinstance(node.op, ast.And) else "1"
        for place, operand in enumerate(node.values):
            value = self.convert(self.expression(operand), "bool")
            self.store(name, value)
            if place < len(node.values) - 1:
                onward = self.label("also")
                done = self.new(f"icmp eq i1 {value.text}, {stop}")
                self.lines += [f"br i1 {done}, label %{after}, label %{onward}", f"{onward}:"]
        self.lines += [f"br label %{after}", f"{after}:"]
        return self.name(name)

    def call(self, name: str, values: list[Value]) -> Value:
        if name in self.signatures:
            return self.call_written(self.signatures[name], values)
        if name in ELEMENTARY:
            return self.elementary(name, values)
        if name in INTRINSICS:
            kind = values[0].kind
            return self.intrinsic(INTRINSICS[name], kind, [self.convert(values[0], kind)])
        if name in ("fma", "where"):
            return self.fma(values) if name == "fma" else self.where(values)
        if name in ("min", "max"):
            kind = self.common(*values)
            left, right = (self.convert(value, kind) for value in values)
            word = ("icmp s" if kind == "int" else "fcmp o") + ("lt" if name == "min" else "gt")
            test = self.new(f"{word} {self.target.type(kind)} {left.text}, {right.text}")
            return Value(kind, self.new(self.select(Value("bool", test), left, right)))
        return self.reshape(name, values)

    def call_written(self, own: Signature, values: list[Value]) -> Value:
        converted = [self.convert(value, kind) for value, kind in zip(values, own.arguments, strict=True)]
        arguments = ["ptr %work"] * own.takes_work + [f"{self.target.type(v.kind)} {v.text}" for v in converted]
        text = f"call {self.target.type(own.result)} @{own.symbol}({', '.join(arguments)})"
        if own.result == "none":
            self.lines.append(text)
            return Value("none", "")
        return Value(own.result, self.new(text))

    def elementary(self, name: str, values: list[Value]) -> Value:
        """exp, log, …: of a single number by a vector of one."""
        vectors = any(value.kind == "vector" for value in values)
        if vectors:
            width, kind = self.target.lanes, "vector"
            texts = [f"{self.target.type('vector')} {self.convert(value, 'vector').text}" for value in values]
        else:
            width, kind = 1, "float"
            texts = [
                "<1 x double> "
                + self.new(f"insertelement <1 x double> poison, double {self.convert(value, 'float').text}, i64 0")
                for value in values
            ]
        answer = self.new(f"call <{width} x double> @{name}.w{width}({', '.join(texts)})")
        return Value(kind, answer if vectors else self.new(f"extractelement <1 x double> {answer}, i64 0"))

    def intrinsic(self, word: str, kind: str, values: Sequence[Value]) -> Value:
        type_ = self.target.type(kind)
        suffix = "f64" if kind == "float" else f"v{self.target.lanes}f64"
        arguments = ", ".join(f"{type_} {value.text}" for value in values)
        return Value(kind, self.new(f"call {type_} @llvm.{word}.{suffix}({arguments})"))

    def fma(self, values: list[Value]) -> Value:
        kind = "vector" if any(value.kind == "vector" for value in values) else "float"
        a, b, c = (self.convert(value, kind) for value in values)
        if self.target.fused:
            return self.intrinsic("fma", kind, (a, b, c))
        product = self.new(f"fmul {self.target.type(kind)} {a.text}, {b.text}")
        return Value(kind, self.new(f"fadd {self.target.type(kind)} {product}, {c.text}"))

    def where(self, values: list[Value]) -> Value:
        condition, yes, no = values
        kind = "vector" if condition.kind == "mask" else self.common(yes, no)
        return Value(kind, self.new(self.select(condition, self.convert(yes, kind), self.convert(no, kind))))

    def select(self, condition: Value, yes: Value, no: Value) -> str:
        type_ = self.target.type(yes.kind)
        return f"select {self.target.type(condition.kind)} {condition.text}, {type_} {yes.text}, {type_} {no.text}"

    def reshape(self, name: str, values: list[Value]) -> Value:
        """Words that move between kinds and bits."""
        first, vector, bits = values[0], self.target.type("vector"), self.target.type("bits")
        if name in ("spread", "float", "int"):
            return self.convert(first, {"spread": "vector", "float": "float", "int": "int"}[name])
        if name == "floats":
            return Value("floats", first.text)
        if name == "part":
            element = self.target.type(ELEMENTS[first.kind])
            return Value(first.kind, self.new(f"getelementptr {element}, ptr {first.text}, i64 {values[1].text}"))
        if name == "anywhere":
            wide = self.target.type("mask")
            return Value(
                "bool", self.new(f"call i1 @llvm.vector.reduce.or.v{self.target.lanes}i1({wide} {first.text})")
            )
        whole = self.whole
        if name == "power_of_two":
            number = self.new(f"fptosi {vector} {first.text} to {bits}")
            number = self.new(f"shl {bits} {self.new(f'add {bits} {number}, {whole(1023)}')}, {whole(52)}")
            return Value("vector", self.new(f"bitcast {bits} {number} to {vector}"))
        number = self.new(f"bitcast {vector} {first.text} to {bits}")
        if name == "bits_to_exponent":
            number = self.new(f"lshr {bits} {number}, {whole(52)}")
            number = self.new(f"sub {bits} {self.new(f'and {bits} {number}, {whole(0x7FF)}')}, {whole(1023)}")
            return Value("vector", self.new(f"sitofp {bits} {number} to {vector}"))
        if name == "bits_to_mantissa":
            number = self.new(f"and {bits} {number}, {whole((1 << 52) - 1)}")
            number = self.new(f"or {bits} {number}, {whole(1023 << 52)}")
            return Value("vector", self.new(f"bitcast {bits} {number} to {vector}"))
        raise Unwritten(f"no word {name}")

    def whole(self, number: int) -> str:
        return "<" + ", ".join([f"i64 {number}"] * self.target.lanes) + ">"

    def common(self, left: Value, right: Value) -> str:
        for kind in ("vector", "float", "int"):
            if kind in (left.kind, right.kind):
                return kind
        return left.kind

    def convert(self, value: Value, kind: str) -> Value:
        if value.kind == kind:
            return value
        if kind == "vector":
            number = self.convert(value, "float").text
            if number.startswith("0x"):
                return Value("vector", f"<{', '.join([f'double {number}'] * self.target.lanes)}>")
            type_ = self.target.type("vector")
            one = self.new(f"insertelement {type_} poison, double {number}, i64 0")
            zeros = f"<{self.target.lanes} x i32> zeroinitializer"
            return Value("vector", self.new(f"shufflevector {type_} {one}, {type_} poison, {zeros}"))
        if kind == "float" and value.kind == "int":
            if value.text.lstrip("-").isdigit():
                return Value("float", hexadecimal(float(value.text)))
            return Value("float", self.new(f"sitofp i64 {value.text} to double"))
        if kind == "int" and value.kind == "float":
            return Value("int", self.new(f"fptosi double {value.text} to i64"))
        if kind == "bool" and value.kind == "int":
            return Value("bool", self.new(f"icmp ne i64 {value.text}, 0"))
        if kind == "int" and value.kind == "bool":
            return Value("int", self.new(f"zext i1 {value.text} to i64"))
        raise Unwritten(f"a {value.kind} is no {kind}")

    def new(self, instruction: str) -> str:
        self.count += 1
        self.lines.append(f"%t{self.count} = {instruction}")
        return f"%t{self.count}"

    def label(self, word: str) -> str:
        self.count += 1
        return f"{word}.{self.count}"
