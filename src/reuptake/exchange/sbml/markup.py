"""How expressions are written as MathML, and the few words that every SBML text is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.sax.saxutils import quoteattr

from reuptake.equations.expression import Expression

__all__ = ["HEAD", "TAIL", "TIME", "Identify", "element", "listed", "markup", "math", "plain", "shared_terms"]

Identify = Callable[[Expression], str | None]
"""The identifier that stands for a node; None where it is to be written out."""

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">\n'
)
TAIL = "</model>\n</sbml>\n"
TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">time</csymbol>'
_MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'
_TAGS = {
    "add": "plus", "subtract": "minus", "multiply": "times", "divide": "divide", "power": "power",
    "exp": "exp", "log": "ln", "sin": "sin", "cos": "cos",
}  # fmt: skip


def math(node: Expression | str, identify: Identify = lambda _: None) -> str:
    """A whole ``<math>`` of an expression, or of markup that is written already."""
    inner = node if isinstance(node, str) else markup(node, identify)
    return f"<math {_MATH}>{inner}</math>"


def markup(node: Expression, identify: Identify) -> str:
    """An expression as MathML; names that have no identifier are looked through."""
    if identifier := identify(node):
        return f"<ci>{identifier}</ci>"
    if node.op == "named":
        return markup(node.args[0], identify)
    if node.op == "number":
        mantissa, _, exponent = repr(node.value).partition("e")
        return f'<cn type="e-notation"> {mantissa} <sep/> {int(exponent)} </cn>' if exponent else f"<cn>{mantissa}</cn>"
    if node.op == "time":
        return TIME
    if node.op == "input":  # nothing enters where nobody says so
        return "<cn>0</cn>"
    terms = "".join(markup(arg, identify) for arg in node.args)
    return f"<apply><{_TAGS[node.op]}/>{terms}</apply>"


def element(tag: str, inner: str = "", /, **attributes: str | float | bool | None) -> str:
    """One element; attributes that are None or empty are left out, numbers are written in full."""
    given = "".join(
        f" {name}={quoteattr(_word(value))}" for name, value in attributes.items() if value is not None and value != ""
    )
    return f"<{tag}{given}>{inner}</{tag}>" if inner else f"<{tag}{given}/>"


def listed(kind: str, lines: Sequence[str]) -> str:
    """A ``listOf...`` of elements; nothing where there are none."""
    return f"<listOf{kind}>\n" + "\n".join(lines) + f"\n</listOf{kind}>\n" if lines else ""


def plain(node: Expression) -> Expression:
    """What a named node names."""
    while node.op == "named":
        node = node.args[0]
    return node


def shared_terms(roots: Sequence[Expression], among: Callable[[Expression], bool]) -> list[Expression]:
    """Operations that are used more than once, arguments first; only those that `among` takes are looked at."""
    uses: dict[int, int] = {}
    order: dict[int, Expression] = {}
    for root in roots:
        for node in root.walk():
            if node.args and node.op != "named" and among(node) and node.serial not in order:
                order[node.serial] = node
                for arg in map(plain, node.args):
                    uses[arg.serial] = uses.get(arg.serial, 0) + 1
        uses[plain(root).serial] = uses.get(plain(root).serial, 0) + 1
    return [node for serial, node in order.items() if uses.get(serial, 0) > 1]


def _word(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else repr(float(value))
