"""How a sum is written with the fewest operations at every step.

Each expression becomes a sum of terms ``coefficient · factor``: what is known before the time
loop (parameters and numbers) goes into the coefficients, and terms of the same factor are
gathered, so that ``k₁·V·y + k₂·y − k₃·y`` costs one multiplication at every step and the rest
once for each subject. Quotients by what is known become products with its reciprocal.
"""

from __future__ import annotations

from collections.abc import Sequence

from reuptake.equations.expression import Expression

__all__ = ["gathered", "moving"]

Terms = dict[int, tuple[Expression, Expression]]  # serial of the factor -> (coefficient, factor)


def gathered(roots: Sequence[Expression]) -> tuple[Expression, ...]:
    """The same expressions, each as a sum of gathered terms."""
    rewriter = _Rewriter(moving(roots))
    return tuple(rewriter.rewritten(root) for root in roots)


def moving(roots: Sequence[Expression]) -> dict[int, bool]:
    """Whether each node changes in time: it holds a state, an input or the time."""
    found: dict[int, bool] = {}
    seen: set[int] = set()
    for root in roots:
        for node in root.walk(seen):
            leaf = node.op in ("state", "input", "time")
            found[node.serial] = any(found[arg.serial] for arg in node.args) if node.args else leaf
    return found


class _Rewriter:
    """Terms of every node, arguments first, each node once."""

    def __init__(self, moves: dict[int, bool]) -> None:
        self.moves = moves
        self.terms: dict[int, Terms] = {}
        self.sums: dict[int, Expression] = {}
        self.seen: set[int] = set()

    def rewritten(self, root: Expression) -> Expression:
        if not self.moves[root.serial]:
            return root
        for node in root.walk(self.seen):
            if self.moves[node.serial]:
                self.terms[node.serial] = self._terms(node)
        return self._sum(root)

    def _sum(self, node: Expression) -> Expression:
        """A node written as the sum of its terms."""
        if not self.moves[node.serial]:
            return node
        if node.serial not in self.sums:
            # In one order everywhere: what leaves one pool and enters another is then rounded alike in both.
            parts = [coefficient * factor for _, (coefficient, factor) in sorted(self.terms[node.serial].items())]
            total = parts[0] if parts else node.graph.zero(node.dimension)
            for part in parts[1:]:
                total = total + part
            self.sums[node.serial] = total
        return self.sums[node.serial]

    def _terms(self, node: Expression) -> Terms:
        graph = node.graph
        if node.op == "named":
            return self._of(node.args[0])
        if node.op in ("add", "subtract"):
            left, right = (self._of(arg) for arg in node.args)
            return _joined(left, right, graph.number(-1.0 if node.op == "subtract" else 1.0))
        if node.op == "multiply":
            for scale, other in (node.args, node.args[::-1]):
                if not self.moves[scale.serial]:
                    return {s: (scale * coefficient, factor) for s, (coefficient, factor) in self._of(other).items()}
            return self._product(node)
        if node.op == "divide" and not self.moves[node.args[1].serial]:
            scale = 1.0 / node.args[1]
            return {s: (coefficient * scale, f) for s, (coefficient, f) in self._of(node.args[0]).items()}
        if node.args:
            node = _again(node, [self._sum(arg) for arg in node.args])
        return {node.serial: (graph.number(1.0), node)}

    def _product(self, node: Expression) -> Terms:
        """Of two moving factors: their coefficients stand before the product where each is one term."""
        left, right = (self._of(arg) for arg in node.args)
        if len(left) == len(right) == 1:
            ((a, x),), ((b, y),) = left.values(), right.values()
            product = x * y
            return {product.serial: (a * b, product)}
        product = self._sum(node.args[0]) * self._sum(node.args[1])
        return {product.serial: (node.graph.number(1.0), product)}

    def _of(self, node: Expression) -> Terms:
        """Terms of an argument; what does not move is one term, the factor of which is one."""
        if self.moves[node.serial]:
            return self.terms[node.serial]
        one = node.graph.number(1.0)
        return {one.serial: (node, one)}


def _joined(left: Terms, right: Terms, sign: Expression) -> Terms:
    total = dict(left)
    for serial, (coefficient, factor) in right.items():
        signed = sign * coefficient
        total[serial] = (total[serial][0] + signed if serial in total else signed, factor)
    zero = [s for s, (c, _) in total.items() if c.op == "number" and c.value == 0.0]
    for serial in zero:
        del total[serial]
    return total


def _again(node: Expression, args: list[Expression]) -> Expression:
    """The same operation on other arguments."""
    graph = node.graph
    if node.op in ("exp", "log", "sin", "cos"):
        return {"exp": graph.exp, "log": graph.log, "sin": graph.sin, "cos": graph.cos}[node.op](args[0])
    if node.op == "power_log":
        return graph.power_log(*args)
    return args[0] / args[1] if node.op == "divide" else args[0] ** args[1]
