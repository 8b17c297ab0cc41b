"""How a function written in the small language becomes LLVM's intermediate text.

Each local variable is a place on the stack, each expression a handful of instructions (`words`);
LLVM's own passes turn the places into registers. What can be computed from constants alone is
computed here: branches on it disappear, and an ``unrolled`` loop is written out.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from reuptake.engine.backends.llvm.words import KINDS, Signature, Target, Unwritten, Value, Words

__all__ = ["fields", "lower"]


def fields(source: str) -> dict[str, str]:
    """What the caller has to lay out for a module: name to kind, in the order of the table."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id.islower():
            found[node.target.id] = _kind(node.annotation)
    return found


def lower(
    sources: Sequence[str], target: Target, constants: Mapping[str, Any], *, entry: str = "", suffix: str = ""
) -> str:
    """Text of every function of some modules, which may call one another.

    Parameters
    ----------
    sources : sequence of str
        Modules in the small language. A function whose body is ``...`` is written elsewhere.
    target : Target
    constants : mapping of name to number, or sequences of them
        What the modules name without defining; ``LANES`` is added.
    entry : str
        The function that others may call by its own name.
    suffix : str
        Added to every name, so that a module can stand in one text for several widths.
    """
    known: dict[str, Any] = {"LANES": target.lanes, "range": range, "len": len, "float": float, "abs": abs, **constants}
    table: dict[str, tuple[int, str]] = {}
    signatures: dict[str, Signature] = {}
    written: list[ast.FunctionDef] = []
    for source in sources:
        table |= {name: (i, kind) for i, (name, kind) in enumerate(fields(source).items())}
    for source in sources:
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign):
                _bind(node, known)
            elif isinstance(node, ast.FunctionDef):
                outside = _is_outside(node)
                symbol = node.name if node.name == entry or outside else f"{node.name}{suffix}"
                kinds = tuple(_kind(argument.annotation) for argument in node.args.args)
                signatures[node.name] = Signature(kinds, _kind(node.returns), symbol, bool(table) and not outside)
                if not outside:
                    written.append(node)
    return "\n".join(
        _Function(node, target, known, table, signatures, "" if node.name == entry else "internal ").text
        for node in written
    )


def _bind(node: ast.Assign, known: dict[str, Any]) -> None:
    if all(isinstance(n, ast.Name) and n.id == "__all__" for n in node.targets):
        return
    value = eval(compile(ast.Expression(node.value), "<constant>", "eval"), {"__builtins__": {}}, known)
    for target in node.targets:
        if isinstance(target, ast.Name):
            known[target.id] = value
        elif isinstance(target, ast.Tuple):
            known |= {n.id: v for n, v in zip(target.elts, value, strict=True) if isinstance(n, ast.Name)}


def _is_outside(node: ast.FunctionDef) -> bool:
    last = node.body[-1]
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is ...


def _kind(annotation: ast.expr | None) -> str:
    name = annotation.id if isinstance(annotation, ast.Name) else "None"
    if name not in KINDS:
        raise Unwritten(f"no kind of value is called {name}")
    return KINDS[name]


class _Function:
    """One function, statement by statement."""

    def __init__(
        self, node: ast.FunctionDef, target: Target, known: Mapping[str, Any],
        table: Mapping[str, tuple[int, str]], signatures: Mapping[str, Signature], linkage: str,
    ) -> None:  # fmt: skip
        self.words = Words(target, known, table, signatures)
        self.loops: list[tuple[str, str]] = []
        own = signatures[node.name]
        self.result = own.result
        arguments = ["ptr noalias %work"] * own.takes_work
        for argument, kind in zip(node.args.args, own.arguments, strict=True):
            arguments.append(f"{target.type(kind)} %a.{argument.arg}")
            self.words.store(argument.arg, Value(kind, f"%a.{argument.arg}"))
        ended = self.block(node.body)
        if not ended:
            self.words.lines.append("ret void" if own.result == "none" else "unreachable")
        head = f"define {linkage}{target.type(own.result)} @{own.symbol}({', '.join(arguments)}) #0 {{\nentry:"
        self.text = "\n".join([head, *self.words.first, *self.words.lines, "}\n"])

    def block(self, body: Sequence[ast.stmt]) -> bool:
        """Write statements; whether the last of them leaves for elsewhere."""
        return any(self.statement(node) for node in body)

    def statement(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Expr):
            if not isinstance(node.value, ast.Constant):
                self.words.expression(node.value)
        elif isinstance(node, ast.Assign):
            self.assign(node.targets[0], self.words.expression(node.value))
        elif isinstance(node, ast.AugAssign):
            old = self.words.expression(_as_read(node.target))
            self.assign(node.target, self.words.binary(node.op, old, self.words.expression(node.value)))
        elif isinstance(node, ast.If):
            return self.branch(node)
        elif isinstance(node, ast.While):
            self.repeat(node)
        elif isinstance(node, ast.For):
            self.count_through(node)
        elif isinstance(node, ast.Return):
            self.leave(node)
            return True
        elif isinstance(node, ast.Break | ast.Continue):
            self.words.lines.append(f"br label %{self.loops[-1][isinstance(node, ast.Continue)]}")
            return True
        elif not isinstance(node, ast.Pass):
            raise Unwritten(f"line {node.lineno}: no statement {type(node).__name__}")
        return False

    def leave(self, node: ast.Return) -> None:
        if node.value is None:
            self.words.lines.append("ret void")
        else:
            value = self.words.convert(self.words.expression(node.value), self.result)
            self.words.lines.append(f"ret {self.words.target.type(value.kind)} {value.text}")

    def assign(self, to: ast.expr, value: Value) -> None:
        if isinstance(to, ast.Name):
            self.words.store(to.id, value)
        elif isinstance(to, ast.Subscript):
            kind, address = self.words.address(to)
            value = self.words.convert(value, kind)
            self.words.lines.append(f"store {self.words.target.type(kind)} {value.text}, ptr {address}, align 8")
        else:
            raise Unwritten("one thing is assigned at a time")

    def branch(self, node: ast.If) -> bool:
        fixed = self.words.fixed(node.test)
        if fixed is not None:
            return self.block(node.body if fixed[0] else node.orelse)
        test = self.words.convert(self.words.expression(node.test), "bool")
        yes, no, after = self.words.label("then"), self.words.label("else"), self.words.label("endif")
        self.words.lines += [f"br i1 {test.text}, label %{yes}, label %{no}", f"{yes}:"]
        ended = self.block(node.body)
        self.words.lines += ([] if ended else [f"br label %{after}"]) + [f"{no}:"]
        ended_too = self.block(node.orelse)
        self.words.lines += [] if ended_too else [f"br label %{after}"]
        if not (ended and ended_too):
            self.words.lines.append(f"{after}:")
        return ended and ended_too

    def repeat(self, node: ast.While) -> None:
        head, body, after = self.words.label("while"), self.words.label("do"), self.words.label("done")
        self.words.lines += [f"br label %{head}", f"{head}:"]
        test = self.words.convert(self.words.expression(node.test), "bool")
        self.words.lines += [f"br i1 {test.text}, label %{body}, label %{after}", f"{body}:"]
        self.loops.append((after, head))
        if not self.block(node.body):
            self.words.lines.append(f"br label %{head}")
        self.loops.pop()
        self.words.lines.append(f"{after}:")

    def count_through(self, node: ast.For) -> None:
        call, name = node.iter, node.target
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not isinstance(name, ast.Name):
            raise Unwritten(f"line {node.lineno}: a loop counts through a range")
        if call.func.id == "unrolled":
            numbers = self.words.fixed(call.args[0])
            if numbers is None:
                raise Unwritten(f"line {node.lineno}: what is unrolled must be known while compiling")
            for number in numbers[0]:
                self.words.known[name.id] = number
                self.block(node.body)
            self.words.known.pop(name.id, None)
            return
        bounds = [self.words.convert(self.words.expression(argument), "int") for argument in call.args]
        start, end = bounds if len(bounds) == 2 else (Value("int", "0"), bounds[0])
        head, body, onward, after = (self.words.label(word) for word in ("for", "do", "next", "done"))
        self.words.store(name.id, start)
        self.words.lines += [f"br label %{head}", f"{head}:"]
        here = self.words.expression(ast.Name(name.id))
        test = self.words.new(f"icmp slt i64 {here.text}, {end.text}")
        self.words.lines += [f"br i1 {test}, label %{body}, label %{after}", f"{body}:"]
        self.loops.append((after, onward))
        if not self.block(node.body):
            self.words.lines.append(f"br label %{onward}")
        self.loops.pop()
        self.words.lines.append(f"{onward}:")
        here = self.words.expression(ast.Name(name.id))
        self.words.store(name.id, Value("int", self.words.new(f"add i64 {here.text}, 1")))
        self.words.lines += [f"br label %{head}", f"{after}:"]


def _as_read(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Subscript):
        return ast.Subscript(node.value, node.slice, ast.Load(), lineno=node.lineno, col_offset=node.col_offset)
    return ast.Name(node.id, ast.Load()) if isinstance(node, ast.Name) else node
