//! Texts that have broken other servers.

/// A text, as it stands in JSON and as bytes for a path or a query.
pub(super) struct Hostile {
    /// The text; `None` when it is none, because a surrogate stands alone.
    pub(super) text: Option<String>,
    /// Its JSON.
    pub(super) json: String,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
}

/// Each between nothing, in front, at the end and in the middle does the same to a server, so once is enough.
const TEXTS: &[&str] = &[
    // Control characters, and what only looks like one.
    "a\0b",
    "\0",
    "a\u{1}b",
    "a\tb",
    "a\nb",
    "a\r\nSet-Cookie: x=1\r\n\r\n<html>",
    "a\u{8}b",
    "a\u{1b}[31mred",
    "a\u{7f}b",
    "a\u{80}b",
    "a\u{85}b",
    "a\u{9b}31m",
    "a\u{2028}b\u{2029}c",
    // What one does not see, or sees elsewhere.
    "\u{202e}gpj.exe",
    "\u{2066}\u{2067}\u{2068}isolated\u{2069}",
    "a\u{200b}\u{200c}\u{200d}\u{2060}b",
    "\u{feff}mark",
    "\u{ad}\u{34f}\u{115f}\u{3164}",
    "\u{e0001}\u{e0041}\u{e007f}tags",
    " ends ",
    "\u{a0}\u{3000}ends\u{2003}",
    // Characters that are several, or nearly the same.
    "e\u{301} \u{e9} \u{65}\u{301}\u{301}",
    "Z\u{334}\u{319}\u{33b}\u{31c}a\u{337}\u{35d}\u{353}l\u{338}\u{34a}\u{33c}g\u{336}\u{310}\u{316}o\u{335}\u{342}\u{325}",
    "👩‍👩‍👧‍👦🏳️‍🌈👨🏿‍🚀🇦🇶🇦",
    "ﬃ Ω Ω İ ı ß ẞ ſ",
    "ﷺ\u{fdfd}𒐫",
    "\u{fffd}\u{fffe}\u{ffff}\u{10ffff}",
    "\u{e000}\u{f8ff}\u{d7ff}\u{1f574}",
    "ضصثقفغعه 表ポあA鷗ŒéＢ逍Üßªąñ丂㐀𠀀",
    // Code for somebody else.
    "'; DROP TABLE users; --",
    "' OR '1'='1",
    "1; SELECT pg_sleep(10)--",
    "$1 ?1 :name @name %s",
    "%_\\%' ESCAPE '\\",
    "\"><script>alert(1)</script>",
    "javascript:alert(1)//<svg onload=1>",
    "%s%n%x%p%d {} {0} ${jndi:ldap://x/a} #{7*7} {{7*7}}",
    "$(reboot) `reboot` ; reboot | reboot && reboot",
    "=cmd|' /C calc'!A0",
    "*)(uid=*))(|(uid=*",
    "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;",
    "../../../../etc/passwd",
    "..\\..\\..\\windows\\win.ini",
    "%00 %2e%2e%2f %c0%ae %u0000",
    "https://example.com/?a=b&c=d#e;f",
    // What parsers mistake for something else.
    "null",
    "NaN",
    "-1e999",
    "true",
    "[]",
    "{\"__proto__\":{\"admin\":true}}",
    "\\u0000 \\x00 \\ \\\\ \" ' / \\/",
    "CON",
    ".",
    "..",
    "0",
];

/// All of them, none twice in a run: what must be unique is no reason to refuse one.
pub(super) fn all(counter: &mut usize) -> Vec<Hostile> {
    let long = [
        "x".repeat(10_001),
        "👩‍👩‍👧‍👦".repeat(200),
        "\u{301}".repeat(3_000),
    ];
    let texts = TEXTS.iter().map(|text| (*text).to_owned()).chain(long);
    let mut all: Vec<_> = texts
        .map(|text| {
            *counter += 1;
            // In the middle, where it keeps both ends as they are.
            let half = text.floor_char_boundary(text.len() / 2);
            let text = format!("{}{counter}{}", &text[..half], &text[half..]);
            Hostile {
                json: serde_json::to_string(&text).unwrap(),
                bytes: text.clone().into_bytes(),
                text: Some(text),
            }
        })
        .collect();
    let alone: [(&str, &[u8]); 3] = [
        ("\"a\\ud800b\"", b"a\xed\xa0\x80b"),
        ("\"\\udc00\\ud800\"", b"\xed\xb0\x80\xed\xa0\x80"),
        ("\"\\ud83d\\u0041\"", b"\xed\xa0\xbdA"),
    ];
    all.extend(alone.map(|(json, bytes)| Hostile {
        text: None,
        json: json.to_owned(),
        bytes: bytes.to_vec(),
    }));
    all
}

/// The bytes as one segment of a path, or one value of a query.
pub(super) fn encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(*byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
