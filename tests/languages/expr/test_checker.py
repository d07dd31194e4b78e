"""The type check refuses what the original refuses, in its words, and lets everything else pass."""

from __future__ import annotations

import pytest

from notifier.languages import expr
from notifier.languages.expr import checker, parser


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("'a' == 1", "invalid operation: == (mismatched types string and int)", 5),
        ("'a' + 1", "invalid operation: + (mismatched types string and int)", 5),
        ("'a' - 'b'", "invalid operation: - (mismatched types string and string)", 5),
        ("1 * 'a'", "invalid operation: * (mismatched types int and string)", 3),
        (
            "duration('1h') * 'a'",
            "invalid operation: * (mismatched types time.Duration and string)",
            16,
        ),
        ("1 / true", "invalid operation: / (mismatched types int and bool)", 3),
        ("1.5 % 2", "invalid operation: % (mismatched types float64 and int)", 5),
        ("1.5..2", "invalid operation: .. (mismatched types float64 and int)", 4),
        ("1 < 'a'", "invalid operation: < (mismatched types int and string)", 3),
        ("now() > 1", "invalid operation: > (mismatched types time.Time and int)", 7),
        ("now() - now() - 1", "invalid operation: - (mismatched types time.Duration and int)", 15),
        ("(1 > 2) + 1", "invalid operation: + (mismatched types bool and int)", 9),
        ("1 and true", "invalid operation: and (mismatched types int and bool)", 3),
        ("(t and n) == 7", "invalid operation: == (mismatched types bool and int)", 11),
        ("f and 'a'", "invalid operation: and (mismatched types unknown and string)", 3),
        ("nil + 1", "invalid operation: + (mismatched types unknown and int)", 5),
        ("not nil", "invalid operation: not (mismatched type unknown)", 1),
        ("-'a'", "invalid operation: - (mismatched type string)", 1),
        ("not s in ['a']", "cannot use bool as type string in array", 7),
        ("1 in ['a']", "cannot use int as type string in array", 3),
        ("1 in {a: 1}", "cannot use int as type string in map key", 3),
        ("'b' in 'abc'", "invalid operation: in (mismatched types string and string)", 5),
        ("1 in now()", "invalid operation: in (mismatched types int and time.Time)", 3),
        ("x contains 1", "invalid operation: contains (mismatched types unknown and int)", 3),
        ("x matches 1", "invalid operation: matches (mismatched types unknown and int)", 3),
        ("nil ? 1 : 2", "non-bool expression (type unknown) used as condition", 1),
        (
            "timezone('UTC') ? 1 : 2",
            "non-bool expression (type time.Location) used as condition",
            1,
        ),
        ("(nil).x", "type nil has no field x", 7),
        ("'abc'[0]", "type string[int] is undefined", 6),
        ("'abc'.x", "type string has no field x", 7),
        ("now().x", "type time.Time has no field x", 7),
        ("now().Foo()", "type time.Time has no method Foo", 7),
        ("timezone('UTC').x", "type time.Location has no field x", 17),
        ("[1]['a']", "array elements can only be selected using an integer (got string)", 5),
        ("{a: 1}[0]", "cannot use int to get an element from map[string]interface {}", 8),
        ("{a: 1}[1:2]", "cannot slice map[string]interface {}", 7),
        ("[1]['a':]", "non-integer slice index string", 5),
        ("[1][:1.5]", "non-integer slice index float64", 6),
        ("$env()", "unknown is not callable", 1),
        ("let x = 1; x()", "int is not callable", 12),
        ("let x = nil; x()", "x is nil; cannot call nil as function", 14),
        ("let x = len; x(1)", "invalid argument for len (type int)", 14),
        ("now().Add(1)", "cannot use int as argument (type time.Duration) to call Add ", 11),
        ("now().Add()", "not enough arguments to call Add", 7),
        ("now().Day(1)", "too many arguments to call Day", 7),
        ("now().Clock()", "func Clock returns more then two values", 7),
        (
            "let f = now().Add; f(nil)",
            "cannot use nil as argument (type time.Duration) to call f",
            22,
        ),
        ("upper(1)", "cannot use int as argument (type string) to call upper ", 7),
        ("upper()", "not enough arguments to call upper", 1),
        ("upper(nil)", "cannot use nil as argument (type string) to call upper", 7),
        ("trim(1)", "not enough arguments to call trim", 1),
        ("len(1)", "invalid argument for len (type int)", 1),
        ("len(nil)", "invalid argument for len (type %!s(<nil>))", 1),
        ("len(1, 2)", "invalid number of arguments (expected 1, got 2)", 1),
        ("abs('a')", "invalid argument for abs (type string)", 1),
        ("ceil('a')", "invalid argument for ceil (type string)", 1),
        ("int(true)", "invalid argument for int (type bool)", 1),
        ("max()", "not enough arguments to call max", 1),
        ("max('a')", "invalid argument for max (type string)", 1),
        ("first(1)", "cannot get first element from int", 1),
        ("take(1, 2)", "cannot take from int", 1),
        ("take([1], 'a')", "cannot take string elements", 1),
        ("take([1])", "invalid number of arguments (expected 2, got 1)", 1),
        ("concat()", "invalid number of arguments (expected at least 1, got 0)", 1),
        ("concat(1)", "cannot concat int", 1),
        ("keys(1)", "cannot get keys from int", 1),
        ("now(1)", "invalid number of arguments (expected 0, got 1)", 1),
        ("date()", "invalid number of arguments (expected at least 1, got 0)", 1),
        ("date('a', 'b', 'c', 'd')", "invalid number of arguments (expected at most 3, got 4)", 1),
        ("get(1)", "invalid number of arguments (expected 2, got 1)", 1),
        ("get(1, 2)", "type int does not support indexing", 5),
        ("get([1], 'a')", "non-integer slice index string", 10),
        ("get({}, 1)", "cannot use int to get an element from map[string]interface {}", 9),
        ("all(1, true)", "builtin all takes only array (got int)", 5),
        ("any([1], 'x')", "predicate should return boolean (got string)", 10),
        ("map([1], nil)", "predicate should has one input and one output param", 10),
        ("reduce([1], nil)", "predicate should has two input and one output param", 13),
        (
            "sum([1], nil)",
            (
                "cannot use func(interface {}) as argument (type func(interface {}) bool) to call "
                "sum "
            ),
            10,
        ),
        ("filter([1], #index)", "unknown pointer #index", 13),
        ("sortBy([1], #, 1)", "sortBy order argument must be a string (got int)", 16),
        ("let len = 1; 1", "cannot redeclare builtin len", 5),
        ("let x = 1; let x = 2; x", "cannot redeclare variable x", 16),
        (
            "map([[1, 2]], sum(#) + 'a')",
            "invalid operation: + (mismatched types int and string)",
            22,
        ),
        ("foo(#)", 'unexpected token Operator("#")', 5),
    ],
)
def test_refused(text: str, message: str, column: int) -> None:
    """Types that do not go together are a compile error."""
    with pytest.raises(expr.CompileError) as caught:
        expr.compile(text)
    assert (caught.value.message, caught.value.column) == (message, column)


@pytest.mark.parametrize(
    "text",
    [
        "a == 1 and a == 'x'",
        "nil == 1",
        "1 == 1.0",
        "[1] == ['a']",
        "unknown in 'abc'",
        "x in now()",
        "a.b.c(1 + 'not looked at')",
        "$env[1 + 'not looked at']",
        "$env.x",
        "get($env, 'x')",
        "$env?.x",
        "(true ? 1 : {a: 1}.a) + 1",
        "(true ? nil : 1) + 1",
        "(true ? 1 : nil) + 1",
        "(true ? [1] : ['a'])[0] == {}",
        "(nil ?? 1) + 1",
        "(1 ?? 2) + 1",
        "(x ?? 2) + 'a'",
        "[1, 'a'][0] + 'b'",
        "max == len",
        "duration('1h') * 2 + duration('1m') > now() - now()",
        "now() + duration('1h') < duration('1h') + now()",
        "now() - duration('1h') == now()",
        "2 * duration('1h') == duration('1h') * duration('1h')",
        "now().Compare(nil_or_not)",
        "timezone('UTC').String() + 'a'",
        "date(timezone('UTC'), '2023-01-01').Year() + 1",
        "b'a' matches 'a'",
        "bitand(b'a'[0], 1)",
        "groupBy([1], #)[1.5]",
        "sum(x) + sum(['a'][1:]) + 'a'",
        "count(x) + 1",
        "map([], #) == sort([1])",
        "-x + 1",
        "let f = get; f(1)",
        "get(x, 1) + get([1], 0) + get({a: 1}, 'a')",
        "(true ? [1] : [2])[0] + 1",
        "nil in groupBy([1], #)",
        "let f = now().Add; f(duration('1s'))",
    ],
)
def test_accepted(text: str) -> None:
    """What may be right at run time passes."""
    assert expr.compile(text)


def test_a_bad_pattern_is_a_compile_error() -> None:
    """A literal pattern is compiled with the text."""
    with pytest.raises(expr.CompileError, match="error parsing regexp"):
        expr.compile("x matches '('")


@pytest.mark.parametrize(
    ("text", "nature"),
    [
        ("max", "func(...interface {}) (interface {}, error)"),
        ("all", "func([]interface {}, func(interface {}) bool) bool"),
        ("now().Sub(now())", "time.Duration"),
        ("now().Unix()", "int64"),
        ("split('a', 'b')", "[]string"),
        ("first(split('a', 'b'))", "string"),
        ("first([1])", "interface {}"),
        ("take([1], 1)[0]", "interface {}"),
        ("find([1], true)", "int"),
        ("filter(x, true)[0]", "interface {}"),
        ("groupBy([1], #)[0]", "[]interface {}"),
        ("sum([1.5], # * 2)", "float64"),
        ("[1, 2.5][0]", "interface {}"),
        ("[1, 2][0]", "int"),
        ("x", "unknown"),
    ],
)
def test_natures(text: str, nature: str) -> None:
    """The check knows Go's type of a whole expression."""
    tree = parser.parse(text, 100)
    assert str(checker.check(tree)[tree]) == nature
