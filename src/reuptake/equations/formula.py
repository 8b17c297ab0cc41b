"""How a line of text becomes an expression: read by grammar, never run.

sum      = product { (+|-) product }
product  = signed { (*|/) signed }
signed   = (+|-) signed | power
power    = atom [ (^|**) signed ]
atom     = number | name | function ( sum, … ) | ( sum )

Names are either `PLAIN` identifiers, or `DOTTED` ones like those of records (``2-hydroxyimipramine.ugt.clint``). A dash
within such a name is no minus: there, minus stands between blanks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from reuptake.equations.expression import Expression, Graph, UnitMismatch
from reuptake.errors import InputError, Problem, nearest

__all__ = ["DOTTED", "PLAIN", "names", "parse"]

Symbols = Callable[[str], Expression | None]
LONGEST, DEEPEST = 20_000, 60
_NUMBER, _SIGN = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", r"\*\*|[-+*/^(),]"
PLAIN = re.compile(rf"\s*(?:{_NUMBER}|[A-Za-z_]\w*|{_SIGN})")
DOTTED = re.compile(rf"\s*(?:{_NUMBER}(?![\w.-])|\w[\w-]*(?:\.[\w-]+)*|{_SIGN})")
_FUNCTIONS: dict[str, Callable[..., Expression]] = {
    "exp": lambda x: x.graph.exp(x), "ln": lambda x: x.graph.log(x),
    "log": lambda x, base=None: x.graph.log(x) if base is None else x.graph.log(x) / x.graph.log(base),
    "log10": lambda x: x.graph.log(x) / x.graph.log(x.graph.number(10.0)),
    "log2": lambda x: x.graph.log(x) / x.graph.log(x.graph.number(2.0)),
    "sqrt": lambda x: x**0.5, "pow": lambda x, y: x**y, "sin": lambda x: x.graph.sin(x),
    "cos": lambda x: x.graph.cos(x), "tan": lambda x: x.graph.sin(x) / x.graph.cos(x),
}  # fmt: skip
_TAKES = {"log": (1, 2), "pow": (2, 2)}


def names(text: str) -> list[str]:
    """Names of symbols in a formula, each once, in order; functions are none."""
    found = re.findall(r"(?<![\w.])[A-Za-z_]\w*(?!\w)(?!\s*\()", text)
    return list(dict.fromkeys(found))


def parse(
    text: str, graph: Graph, symbols: Symbols, where: str, tokens: re.Pattern[str] = PLAIN
) -> Expression:  # fmt: skip
    """A formula as an expression.

    Parameters
    ----------
    text : str
    graph : Graph
    symbols : callable
        The expression of a name, None of one that there is not.
    where : str
        ``file:line``, for messages.
    tokens : pattern
        `PLAIN` or `DOTTED`.

    Raises
    ------
    InputError
        If it cannot be read, names what there is not, or adds what cannot be added.
    """
    if len(text) > LONGEST:
        raise InputError(Problem(f"a formula of more than {LONGEST} letters is not read", where))
    reader = _Reader(graph, symbols, where, _tokens(text, where, tokens))
    try:
        found = reader.sum()
    except UnitMismatch as error:
        reader.refuse(str(error))
    if reader.at < len(reader.tokens):
        reader.refuse(f"'{reader.tokens[reader.at]}' is not expected here")
    return found


def _tokens(text: str, where: str, pattern: re.Pattern[str]) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        match = pattern.match(text, at)
        if match is None:
            raise InputError(Problem(f"'{text[at:].strip()[:20]}' cannot be read in the formula '{text[:60]}'", where))
        tokens.append(match[0].strip())
        at = match.end()
    return tokens


@dataclass
class _Reader:
    graph: Graph
    symbols: Symbols
    where: str
    tokens: list[str]
    at: int = 0
    depth: int = 0

    def refuse(self, message: str, hint: str = "") -> NoReturn:
        raise InputError(Problem(f"{message} in the formula '{' '.join(self.tokens)[:80]}'", self.where, hint))

    def sum(self) -> Expression:
        total = self._product()
        while (sign := self._take("+", "-")) is not None:
            total = total + self._product() if sign == "+" else total - self._product()
        return total

    def _product(self) -> Expression:
        total = self._signed()
        while (sign := self._take("*", "/")) is not None:
            total = total * self._signed() if sign == "*" else total / self._signed()
        return total

    def _signed(self) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            self.refuse("nested too deeply")
        sign = self._take("+", "-")
        found = self._power() if sign is None else self._signed()
        self.depth -= 1
        return -found if sign == "-" else found

    def _power(self) -> Expression:
        base = self._atom()
        return base if self._take("^", "**") is None else base ** self._signed()

    def _atom(self) -> Expression:
        token = self.tokens[self.at] if self.at < len(self.tokens) else ""
        self.at += 1
        if token == "(":
            found = self.sum()
            self._expect(")")
            return found
        if re.fullmatch(_NUMBER, token):
            return self.graph.number(float(token))
        if not re.match(r"\w", token):
            self.refuse(f"'{token}' is not expected here" if token else "something is missing at the end")
        if self._take("(") is not None:
            return self._call(token)
        symbol = self.symbols(token)
        if symbol is None:
            self.refuse(f"'{token}' is neither in the model nor a parameter")
        return symbol

    def _call(self, name: str) -> Expression:
        if name not in _FUNCTIONS:
            self.refuse(f"the function '{name}' is not supported", nearest(name, _FUNCTIONS))
        terms = [self.sum()]
        while self._take(",") is not None:
            terms.append(self.sum())
        self._expect(")")
        fewest, most = _TAKES.get(name, (1, 1))
        if not fewest <= len(terms) <= most:
            self.refuse(f"'{name}' does not take {len(terms)} arguments")
        return _FUNCTIONS[name](*terms)

    def _take(self, *wanted: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at] in wanted:
            self.at += 1
            return self.tokens[self.at - 1]
        return None

    def _expect(self, wanted: str) -> None:
        if self._take(wanted) is None:
            self.refuse(f"'{wanted}' is missing")
