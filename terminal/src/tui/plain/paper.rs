//! Lines written one below the other, the last of which may be a line that is being written in.

use std::io::{self, Write};

/// A terminal in raw mode that is only ever written to at its end.
pub(in crate::tui) struct Paper<W> {
    out: W,
    /// What stands in the last line, while it is not finished.
    open: Option<String>,
}

impl<W: Write> Paper<W> {
    /// Returns an empty paper.
    pub(in crate::tui) const fn new(out: W) -> Self {
        Self { out, open: None }
    }

    /// Writes lines, and then what stands in the line that is written in, which stays open. What is added to that is
    /// added; any other change writes it anew in the next line.
    pub(in crate::tui) fn write(&mut self, lines: &[String], entry: Option<&str>) -> io::Result<()> {
        let added = match (&self.open, entry) {
            (Some(open), Some(entry)) if lines.is_empty() => entry.strip_prefix(open.as_str()),
            _ => None,
        };
        let mut text = String::new();
        if let Some(added) = added {
            text.push_str(added);
        } else {
            if self.open.take().is_some() {
                text.push_str("\r\n");
            }
            for line in lines {
                text.push_str(line);
                text.push_str("\r\n");
            }
            text.push_str(entry.unwrap_or_default());
        }
        self.open = entry.map(str::to_owned);
        if text.is_empty() {
            return Ok(());
        }
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Rings the bell.
    pub(in crate::tui) fn ring(&mut self) -> io::Result<()> {
        self.out.write_all(b"\x07")?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_added_and_what_is_changed_is_written_anew() {
        let mut paper = Paper::new(Vec::new());
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();

        for entry in ["Name: ", "Name: A", "Name: Ad", "Name: Ad", "Name: A"] {
            paper.write(&[], Some(entry)).unwrap();
        }
        paper.write(&lines(&["ADMIT. Ada."]), Some("Name: A")).unwrap();
        paper.write(&lines(&["Sold."]), None).unwrap();
        paper.write(&[], None).unwrap();

        let written = String::from_utf8(paper.out).unwrap();
        assert_eq!(written, "Name: Ad\r\nName: A\r\nADMIT. Ada.\r\nName: A\r\nSold.\r\n");
    }
}
