//! Patterns of `LIKE`, in which `!` lets a sign mean itself.

/// Returns the pattern of texts that contain `text`, with every sign meaning itself; nothing if there is nothing to
/// look for. Used as `LIKE $1 ESCAPE '!'`.
pub fn containing(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let mut pattern = "%".to_owned();
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_mean_something_in_a_pattern_mean_themselves() {
        assert_eq!(containing(" 50%_e! ").as_deref(), Some("%50!%!_e!!%"));
        assert_eq!(containing("  "), None);
    }
}
