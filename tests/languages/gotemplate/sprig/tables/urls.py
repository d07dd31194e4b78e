"""URLs in parts."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        '{{urlParse "https://user:p%40w@example.com:8443/a%20b?q=1&r=x%20y#fr%20ag"}}',
        (
            "map[fragment:fr ag host:example.com:8443 hostname:example.com opaque: path:/a "
            "b query:q=1&r=x%20y scheme:https userinfo:user:p%40w]"
        ),
        id="parts-0",
    ),
    pytest.param(
        '{{urlParse "mailto:a@b?x"}}',
        "map[fragment: host: hostname: opaque:a@b path: query:x scheme:mailto userinfo:]",
        id="parts-1",
    ),
    pytest.param(
        '{{urlParse ""}}',
        "map[fragment: host: hostname: opaque: path: query: scheme: userinfo:]",
        id="parts-2",
    ),
    pytest.param(
        '{{urlParse "*"}}',
        "map[fragment: host: hostname: opaque: path:* query: scheme: userinfo:]",
        id="parts-3",
    ),
    pytest.param(
        '{{urlParse "//h/p?"}}',
        "map[fragment: host:h hostname:h opaque: path:/p query: scheme: userinfo:]",
        id="parts-4",
    ),
    pytest.param(
        '{{urlParse "///p"}}',
        "map[fragment: host: hostname: opaque: path:///p query: scheme: userinfo:]",
        id="parts-5",
    ),
    pytest.param(
        '{{urlParse "HTTP://[::1]:80"}}',
        ("map[fragment: host:[::1]:80 hostname:::1 opaque: path: query: scheme:http userinfo:]"),
        id="parts-6",
    ),
    pytest.param(
        '{{urlParse "http://[fe80::1%25en%200]/"}}',
        (
            "map[fragment: host:[fe80::1%en 0] hostname:fe80::1%en 0 opaque: path:/ query: "
            "scheme:http userinfo:]"
        ),
        id="parts-7",
    ),
    pytest.param(
        '{{urlParse "http://h%C3%A9/"}}',
        "map[fragment: host:hé hostname:hé opaque: path:/ query: scheme:http userinfo:]",
        id="parts-8",
    ),
    pytest.param(
        '{{urlParse "x://a:b:1/"}}',
        "map[fragment: host:a:b:1 hostname:a:b opaque: path:/ query: scheme:x userinfo:]",
        id="parts-9",
    ),
    pytest.param(
        '{{urlParse "/a:b"}}',
        "map[fragment: host: hostname: opaque: path:/a:b query: scheme: userinfo:]",
        id="parts-10",
    ),
    pytest.param(
        '{{urlParse "http:/a"}}',
        "map[fragment: host: hostname: opaque: path:/a query: scheme:http userinfo:]",
        id="parts-11",
    ),
    pytest.param(
        '{{urlParse "http://u@h:/x"}}',
        "map[fragment: host:h: hostname:h opaque: path:/x query: scheme:http userinfo:u]",
        id="parts-12",
    ),
    pytest.param(
        '{{urlParse "http://u:@h"}}',
        "map[fragment: host:h hostname:h opaque: path: query: scheme:http userinfo:u:]",
        id="parts-13",
    ),
    pytest.param(
        '{{urlParse "a:b/c d"}}',
        "map[fragment: host: hostname: opaque:b/c d path: query: scheme:a userinfo:]",
        id="bad-1",
    ),
    pytest.param(
        '{{urlParse "http://[::1%2541]/"}}',
        (
            "map[fragment: host:[::1%41] hostname:::1%41 opaque: path:/ query: scheme:http "
            "userinfo:]"
        ),
        id="bad-19",
    ),
    pytest.param(
        (
            '{{urlJoin (dict "scheme" "https" "host" "h:1" "path" "a b" "query" "q=1" '
            '"fragment" "f g" "userinfo" "u:p")}}'
        ),
        "https://u:p@h:1/a%20b?q=1#f%20g",
        id="join-0",
    ),
    pytest.param(
        (
            '{{urlJoin (dict)}}|{{urlJoin .nope}}|{{urlJoin (dict "path" '
            '"a:b")}}|{{urlJoin (dict "path" "*")}}|{{urlJoin (dict "host" "h '
            'x")}}|{{urlJoin (dict "scheme" "s" "path" "p")}}|{{urlJoin (dict "scheme" "s" '
            '"opaque" "o")}}|{{urlJoin (dict "scheme" "s")}}'
        ),
        "||./a:b|*|//h%20x|s://p|s:o|s:",
        id="join-1",
    ),
    pytest.param('{{urlJoin (dict "userinfo" "a/b" "host" "h")}}', "//h", id="join-2"),
    pytest.param(
        '{{urlJoin (urlParse "https://u:p@h:1/a%2Fb?q#f")}}',
        "https://u:p@h:1/a/b?q#f",
        id="roundTrip",
    ),
]

FAILING = [
    pytest.param('{{urlParse ":x"}}', id="bad-0"),
    pytest.param('{{urlParse "a\\nb"}}', id="bad-2"),
    pytest.param('{{urlParse "1:b"}}', id="bad-3"),
    pytest.param('{{urlParse "http://a b/"}}', id="bad-4"),
    pytest.param('{{urlParse "http://h%41/"}}', id="bad-5"),
    pytest.param('{{urlParse "/%zz"}}', id="bad-6"),
    pytest.param('{{urlParse "/%4"}}', id="bad-7"),
    pytest.param('{{urlParse "http://h:x/"}}', id="bad-8"),
    pytest.param('{{urlParse "http://h:1:2/"}}', id="bad-9"),
    pytest.param('{{urlParse "http://[::1/"}}', id="bad-10"),
    pytest.param('{{urlParse "http://[x]/"}}', id="bad-11"),
    pytest.param('{{urlParse "http://[1.2.3.4]/"}}', id="bad-12"),
    pytest.param('{{urlParse "http://a[::1]/"}}', id="bad-13"),
    pytest.param('{{urlParse "http://u<@h/"}}', id="bad-14"),
    pytest.param('{{urlParse "http://[::1]x/"}}', id="bad-15"),
    pytest.param('{{urlParse "#%zz"}}', id="bad-16"),
    pytest.param('{{urlParse "http://u%zz@h"}}', id="bad-17"),
    pytest.param('{{urlParse "http://[::1%25]/"}}', id="bad-18"),
    pytest.param('{{urlParse "http://[::%41]/"}}', id="bad-20"),
    pytest.param('{{urlJoin (dict "userinfo" "a b" "host" "h")}}', id="join-3"),
    pytest.param('{{urlJoin (dict "scheme" 1)}}', id="join-4"),
    pytest.param('{{urlJoin (dict "path" nil)}}', id="join-5"),
]
