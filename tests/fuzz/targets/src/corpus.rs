//! Inputs on disk: a file for each target, a line for each input, in hexadecimal.

use std::fmt::Write as _;

/// Returns the inputs of a file, or the number of the line that is none.
///
/// # Errors
///
/// The line's number, the first being 1.
pub fn parse(text: &str) -> Result<Vec<Vec<u8>>, usize> {
    text.lines().enumerate().map(|(at, line)| bytes(line).ok_or(at + 1)).collect()
}

/// Returns the file of these inputs: each once, the shortest first.
pub fn write(mut inputs: Vec<Vec<u8>>) -> String {
    inputs.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    inputs.dedup();
    let mut text = String::new();
    for input in inputs {
        for byte in input {
            write!(text, "{byte:02x}").expect("a string takes everything");
        }
        text.push('\n');
    }
    text
}

fn bytes(line: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = line.as_bytes().as_chunks::<2>();
    let digit = |symbol: u8| char::from(symbol).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_each_once_and_the_shortest_first() {
        let text = write(vec![vec![255, 0], vec![], vec![7], vec![7]]);

        assert_eq!(text, "\n07\nff00\n");
        assert_eq!(parse(&text), Ok(vec![vec![], vec![7], vec![255, 0]]));
    }

    #[test]
    fn the_line_that_is_no_input_is_named() {
        assert_eq!(parse("00\n0\n"), Err(2));
        assert_eq!(parse("0g\n"), Err(1));
    }
}
