//! Tells code, comments and string literals apart: as much of Rust's grammar as the rules need.

/// Returns the code with comments taken out and string literals emptied, and the literals' insides.
pub(crate) fn split(text: &str) -> (String, Vec<String>) {
    let mut code = String::with_capacity(text.len());
    let mut strings = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_word = code.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = after_block_comment(rest);
        } else if let Some(hashes) = raw_string_hashes(rest).filter(|_| !after_word) {
            let start = rest.find('"').expect("a raw string has a quote") + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            let length = rest[start..].find(&close).unwrap_or(rest.len() - start);
            strings.push(rest[start..start + length].to_owned());
            code.push_str("\"\"");
            rest = rest.get(start + length + close.len()..).unwrap_or_default();
        } else if first == '"' {
            let length = string_length(&rest[1..]);
            strings.push(rest[1..=length].to_owned());
            code.push_str("\"\"");
            rest = rest.get(length + 2..).unwrap_or_default();
        } else if let Some(length) = character_length(rest) {
            code.push_str("' '");
            rest = &rest[length..];
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    (code, strings)
}

fn after_block_comment(text: &str) -> &str {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return &text[at..];
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    ""
}

/// How many `#` a raw string begins with; `None` if none begins here.
fn raw_string_hashes(text: &str) -> Option<usize> {
    let text = text.strip_prefix('b').or(text.strip_prefix('c')).unwrap_or(text);
    let text = text.strip_prefix('r')?;
    let hashes = text.len() - text.trim_start_matches('#').len();
    text[hashes..].starts_with('"').then_some(hashes)
}

/// How many bytes stand before the closing quote.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => return at,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len().saturating_sub(1)
}

/// How long the character literal is that begins here; `None` if this is a lifetime or something else.
fn character_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    if inside.starts_with('\\') {
        return inside[2..].find('\'').map(|end| end + 4);
    }
    let length = inside.chars().next()?.len_utf8();
    inside[length..].starts_with('\'').then_some(length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_strings_are_set_apart() {
        let (code, strings) = split("a /* b /* c */ d */ e // f\ng(\"h \\\" // i\", r#\"j \" k\"#, b\"l\");");

        assert_eq!(code, "a  e \ng(\"\", \"\", b\"\");");
        assert_eq!(strings, ["h \\\" // i", "j \" k", "l"]);
    }

    #[test]
    fn a_quote_character_begins_no_string_and_a_lifetime_is_no_character() {
        let (code, strings) = split("f::<'a>('\"', '\\'', 'x', \"s\", '\\u{1F600}')");

        assert_eq!(code, "f::<'a>(' ', ' ', ' ', \"\", ' ')");
        assert_eq!(strings, ["s"]);
    }
}
