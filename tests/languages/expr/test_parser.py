"""Trees group as the original's grammar says, and what is no expression fails in its words."""

from __future__ import annotations

import pytest

from notifier.languages import expr
from notifier.languages.expr import limits, nodes, parser


def grouped(node: nodes.Node) -> str:
    """Return a tree with every node in parentheses."""
    name = type(node).__name__
    match node:
        case nodes.Identifier() | nodes.Pointer():
            name = ("#" if isinstance(node, nodes.Pointer) else "") + node.name
        case nodes.Integer() | nodes.Float() | nodes.Bool() | nodes.String() | nodes.Bytes():
            name = repr(node.value)
        case nodes.Unary() | nodes.Binary():
            name = node.operator
        case nodes.Member():
            name = ("?" if node.optional else "") + (".()" if node.called else ".")
        case nodes.Builtin() | nodes.Let():
            name = node.name
        case _:
            pass
    inner = " ".join(map(grouped, nodes.children(node)))
    return f"({name} {inner})" if inner else name


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 + 2 * 3", "(+ 1 (* 2 3))"),
        ("1 - 2 - 3", "(- (- 1 2) 3)"),
        ("2 ** 3 ** 2", "(** 2 (** 3 2))"),
        ("-2 ** 2", "(- (** 2 2))"),
        ("-a.b", "(- (. a 'b'))"),
        ("not s in a", "(in (not s) a)"),
        ("a not in b", "(not (in a b))"),
        ("a not contains b and c", "(and (not (contains a b)) c)"),
        ("a or b and c || d", "(|| (or a (and b c)) d)"),
        ("a + (b not in c)", "(+ a (not (in b c)))"),
        ("-1 not in a", "(not (in (- 1) a))"),
        ("1 + a not in b", "(not (in (+ 1 a) b))"),
        ("1..3 == a", "(== (.. 1 3) a)"),
        ("1 < a <= 3", "(&& (< 1 a) (<= a 3))"),
        ("1 < a < b > c", "(&& (&& (< 1 a) (< a b)) (> b c))"),
        ("a ?? b ?? c", "(?? (?? a b) c)"),
        ("a ? b : c ? d : e", "(Conditional a b (Conditional c d e))"),
        ("a ?: b", "(Conditional a a b)"),
        ("if a {b} else if c {d} else {e}", "(Conditional a b (Conditional c d e))"),
        ("let x = 1; x + 1", "(x 1 (+ x 1))"),
        ("1; 2;", "(Sequence 1 2)"),
        ("a; b; c", "(Sequence a b c)"),
        ("a.b[0].c", "(. (. (. a 'b') 0) 'c')"),
        ("a?.b.c", "(Chain (. (?. a 'b') 'c'))"),
        ("a?.b[0]", "(. (Chain (?. a 'b')) 0)"),
        ("a?.[0]", "(Chain (?. a 0))"),
        ("a?.[1:2]", "(Slice a 1 2)"),
        ("a?.b(1)", "(Chain (Call (?.() a 'b') 1))"),
        ("a.not.matches", "(. (. a 'not') 'matches')"),
        ("a[:] + a[1:] + a[:2]", "(+ (+ (Slice a) (Slice a 1)) (Slice a 2))"),
        ("f(1, a,)", "(Call f 1 a)"),
        ("len(a)", "(len a)"),
        ("::len(a)", "(len a)"),
        ("a | f(1) | len()", "(len (Call f a 1))"),
        ("a | map(.x)", "(map a (Predicate (. # 'x')))"),
        ("filter(a, {# > 1; true})", "(filter a (Predicate (Sequence (> # 1) True)))"),
        ("reduce(a, #acc + #index, 0)", "(reduce a (Predicate (+ #acc #index)) 0)"),
        ("sum(a)", "(sum a)"),
        ("all(a, true,)", "(all a (Predicate True))"),
        ("[1, 2,]", "(Array 1 2)"),
        (
            "{a: 1, 'b': 2, 3: 4, (c): 5,}",
            "(Map (Pair 'a' 1) (Pair 'b' 2) (Pair '3' 4) (Pair c 5))",
        ),
        ("b'a'[0]", "(. b'a' 0)"),
        ("0xFF + 0b11 + 0o17 + 1_0", "(+ (+ (+ 255 3) 15) 10)"),
        ("1.5 + .5 + 1e3", "(+ (+ 1.5 0.5) 1000.0)"),
        ("a not 'in' b", "(not (in a b))"),
        ("nil ?? $env", "(?? Nil $env)"),
        ("- (a) [0]", "(- (. a 0))"),
    ],
)
def test_trees(text: str, tree: str) -> None:
    """Operators bind and group as the original's table says."""
    assert grouped(parser.parse(text, 100)) == tree


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("", "unexpected token EOF", 1),
        ("a b", 'unexpected token Identifier("b")', 3),
        ("a = b", 'unexpected token Operator("=")', 3),
        ("1 +", "unexpected token EOF", 3),
        ("nil.x", 'unexpected token Operator(".")', 4),
        ("5[0]", 'unexpected token Bracket("[")', 2),
        ("#", 'unexpected token Operator("#")', 1),
        ("a not b", 'unexpected token Identifier("b")', 7),
        ("a.1", 'unexpected token Number(".1")', 2),
        ("a.'b'", "expected name", 5),
        ("a.", "unexpected end of expression", 2),
        ("(1", "unexpected token EOF", 2),
        ("a | 1", 'unexpected token Number("1")', 5),
        ("all(a)", "expected at least 2 arguments", 6),
        ("all(a b)", 'unexpected token Identifier("b")', 7),
        ("map(a, 1; 2)", "wrap predicate with brackets { and }", 9),
        ("let len", "unexpected token EOF", 7),
        ("if a {1}", "unexpected token EOF", 8),
        (
            "{,}",
            (
                "a map key must be a quoted string, a number, a identifier, or an expression "
                'enclosed in parentheses (unexpected token Operator(","))'
            ),
            2,
        ),
        ("{a: 1,, b: 2}", 'unexpected token Operator(",")', 7),
        (
            "a ?? b + 1",
            (
                "Operator (+) and coalesce expressions (??) cannot be mixed. Wrap either by "
                "parentheses."
            ),
            8,
        ),
        (
            "9223372036854775808",
            (
                "invalid integer literal: strconv.ParseInt: parsing "
                '"9223372036854775808": value out of range'
            ),
            19,
        ),
        (
            "0xFFFFFFFFFFFFFFFFF",
            (
                "invalid hex literal: strconv.ParseInt: parsing "
                '"0xFFFFFFFFFFFFFFFFF": value out of range'
            ),
            19,
        ),
        ("0b", 'invalid binary literal: strconv.ParseInt: parsing "0b": invalid syntax', 2),
        ("0o", 'invalid octal literal: strconv.ParseInt: parsing "0o": invalid syntax', 2),
        ("0b1e", 'invalid float literal: strconv.ParseFloat: parsing "0b1e": invalid syntax', 4),
        (
            "1e999",
            'invalid float literal: strconv.ParseFloat: parsing "1e999": value out of range',
            5,
        ),
        ("a\n+ )", 'unexpected token Bracket(")")', 3),
    ],
)
def test_faults(text: str, message: str, column: int) -> None:
    """What is no expression fails in the original's words, where it says."""
    with pytest.raises(expr.CompileError) as caught:
        expr.compile(text)
    assert (caught.value.message, caught.value.column) == (message, column)


def test_caret() -> None:
    """The source line and a caret are shown as the original prints them, tabs as spaces."""
    with pytest.raises(expr.CompileError) as caught:
        expr.compile("a and\n\tb c\nd")
    error = caught.value
    assert (error.line, error.column) == (2, 4)
    assert error.caret == " |  b c\n | ...^"
    assert str(error) == error.message


def test_no_caret_below_an_empty_line() -> None:
    """Nothing is shown of an empty line."""
    with pytest.raises(expr.CompileError) as caught:
        expr.compile("")
    assert caught.value.caret == ""


@pytest.mark.parametrize("opening", ["(", "[", "-", "not ", "{a: ", "len(", "a ? 1 : ", "2 ** "])
def test_nesting(opening: str) -> None:
    """Texts nested ten thousand deep are refused, whatever they are made of."""
    with pytest.raises(expr.CompileError, match="nested"):
        expr.compile(opening * 10_000 + "1", limits=expr.runs.Limits(source=100_000))


def test_nodes() -> None:
    """Ten thousand nodes are the limit, as upstream."""
    assert expr.compile("1" + ";1" * (limits.NODES - 2))
    with pytest.raises(expr.CompileError, match="exceeds maximum allowed nodes"):
        expr.compile("1" + ";1" * (limits.NODES + 1))


def test_source() -> None:
    """A text past the limit of its scope is not even read."""
    with pytest.raises(expr.CompileError, match="longer than 10 characters"):
        expr.compile("1 + 1 + 1 + 1", limits=expr.runs.Limits(source=10))


def test_children_skip_nothing_but_what_the_optimiser_adds() -> None:
    """A walk passes every node that the parser made."""
    tree = parser.parse("let a = b?.c(d)[e:f]; map(a, ({g: #})) ? [h] : -i", 100)
    names = {node.name for node in nodes.walk(tree) if isinstance(node, nodes.Identifier)}
    assert names == set("abdefhi")
