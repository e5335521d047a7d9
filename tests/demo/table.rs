//! Tables for people.

/// Returns rows as aligned columns, the first row as their heading.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        out += format!("  {}", cells.collect::<Vec<_>>().join("  ")).trim_end();
        out.push('\n');
        if number == 0 {
            let lines = widths.iter().map(|width| "─".repeat(*width));
            out += &format!("  {}\n", lines.collect::<Vec<_>>().join("  "));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["who".into(), "what".into()], vec!["Grünwald".into(), String::new()]];

        assert_eq!(table(&rows), "  who       what\n  ────────  ────\n  Grünwald\n");
    }
}
