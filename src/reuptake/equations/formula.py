"""How a line of text becomes an expression: a small grammar, read by hand, never evaluated as code.

    sum     = product { (" + " | " - ") product }
    product = factor { ("*" | "/") factor }
    factor  = ["-"] power,     power = atom ["^" factor]
    atom    = number | name | function "(" sum ")" | "(" sum ")"

A name may hold dots, dashes and underscores (``imipramine.cyp-demethylation.clint``), so a dash within one is no minus:
minus stands between blanks. Functions are exp, log (natural), sin and cos.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from reuptake.equations.expression import Expression, Graph, UnitMismatch
from reuptake.errors import InputError, Problem, nearest

__all__ = ["expression_of"]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?![\w.-]))"
    r"|(?P<name>[A-Za-z0-9_][\w-]*(?:\.[\w-]+)*)|(?P<sign>[-+*/^()]))"
)
_FUNCTIONS = ("exp", "log", "sin", "cos")
_DEEPEST = 100


def expression_of(text: str, symbol: Callable[[str], Expression], graph: Graph, where: str = "") -> Expression:
    """The expression that a text writes down.

    Parameters
    ----------
    text : str
    symbol : callable
        Gives the expression that a name stands for; raises `InputError` for a name that it does not know.
    graph : Graph
        Of the symbols.
    where : str
        Place of the text, for messages.

    Raises
    ------
    InputError
        If it is no formula, names what is unknown, or adds what cannot be added.
    """
    try:
        return _Reader(text, symbol, graph).whole()
    except UnitMismatch as error:
        raise InputError(Problem(f"'{text}': {error}", where)) from None
    except InputError as error:
        raise InputError(Problem(f"'{text}': {p.message}", where, p.hint) for p in error.problems) from None


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str, symbol: Callable[[str], Expression], graph: Graph) -> None:
        self.symbol, self.graph, self.depth = symbol, graph, 0
        self.tokens, at = list[tuple[str, str]](), 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                raise InputError(Problem(f"'{text[at:].strip()[0]}' has no place in a formula"))
            self.tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            at = match.end()
        self.tokens.append(("end", ""))

    def whole(self) -> Expression:
        """The expression of the whole text."""
        found = self._sum()
        if self.tokens[0][0] != "end":
            raise InputError(Problem(f"'{self.tokens[0][1]}' is not expected there", "", "a sign may be missing"))
        return found

    def _take(self, *signs: str) -> str:
        """The next token if it is one of these signs; empty if not."""
        kind, text = self.tokens[0]
        if kind == "sign" and text in signs:
            self.tokens.pop(0)
            return text
        return ""

    def _sum(self) -> Expression:
        total = self._product()
        while sign := self._take("+", "-"):
            term = self._product()
            total = total + term if sign == "+" else total - term
        return total

    def _product(self) -> Expression:
        total = self._factor()
        while sign := self._take("*", "/"):
            factor = self._factor()
            total = total * factor if sign == "*" else total / factor
        return total

    def _factor(self) -> Expression:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise InputError(Problem("nested too deeply"))
        negative = self._take("-")
        base = self._factor() if negative else self._atom()
        if not negative and self._take("^"):
            base = base ** self._factor()
        self.depth -= 1
        return -base if negative else base

    def _atom(self) -> Expression:
        kind, text = self.tokens.pop(0)
        if kind == "number":
            return self.graph.number(float(text))
        if kind == "name" and self.tokens[0] == ("sign", "("):
            if text not in _FUNCTIONS:
                raise InputError(Problem(f"no function '{text}'", "", nearest(text, _FUNCTIONS)))
            apply: Callable[[Expression], Expression] = getattr(self.graph, text)
            return apply(self._bracketed())
        if kind == "name":
            return self.symbol(text)
        if text == "(":
            self.tokens.insert(0, (kind, text))
            return self._bracketed()
        raise InputError(Problem(f"'{text}' is not expected there" if text else "it ends too early"))

    def _bracketed(self) -> Expression:
        self._take("(")
        inner = self._sum()
        if not self._take(")"):
            raise InputError(Problem("a bracket is not closed"))
        return inner
