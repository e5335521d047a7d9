//! Inserts of many rows in few statements.

use sqlx::any::AnyArguments;
use sqlx::{Any, Arguments as _, AssertSqlSafe, Encode, Type};

use super::{StoreError, Tx};

/// Bound values in one statement: below the limits of both databases (32 766 and 65 535), and small
/// enough that preparing the text costs little.
const VALUES_PER_STATEMENT_MAX: usize = 6_000;

/// The values of one row, in the order of the columns.
#[derive(Default)]
pub struct RowValues(AnyArguments);

impl RowValues {
    /// Appends the next column's value.
    pub fn push<'t, T: Encode<'t, Any> + Type<Any>>(&mut self, value: T) -> &mut Self {
        self.0.add(value).expect("integers, text and bytes always encode");
        self
    }
}

/// Inserts a row for each of `items` into `table`, in as few statements as the databases allow.
///
/// `columns` and `table` are part of the program, never input. `tail` ends the statement, such as
/// `ON CONFLICT DO NOTHING`, or is empty. `fill` pushes a row's values in the order of `columns`.
///
/// # Errors
///
/// [`StoreError`], after which the transaction is of no use.
pub async fn insert_rows<T>(
    tx: &mut Tx,
    table: &'static str,
    columns: &'static [&'static str],
    tail: &'static str,
    items: &[T],
    fill: impl Fn(&T, &mut RowValues),
) -> Result<u64, StoreError> {
    let rows_per_statement = (VALUES_PER_STATEMENT_MAX / columns.len().max(1)).max(1);
    let mut inserted = 0;
    let mut full_text = None;
    for chunk in items.chunks(rows_per_statement) {
        let mut values = RowValues::default();
        for item in chunk {
            fill(item, &mut values);
        }
        let text = if chunk.len() == rows_per_statement {
            full_text.get_or_insert_with(|| text(table, columns, tail, rows_per_statement)).clone()
        } else {
            text(table, columns, tail, chunk.len())
        };
        let query = sqlx::query_with(AssertSqlSafe(text), values.0).persistent(false);
        inserted += query.execute(tx.connection()).await?.rows_affected();
    }
    Ok(inserted)
}

fn text(table: &str, columns: &[&str], tail: &str, rows: usize) -> String {
    use std::fmt::Write as _;

    let mut text = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    let mut number = 0;
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns.len() {
            number += 1;
            let separator = if column == 0 { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(text, "{separator}${number}");
        }
        text.push(')');
    }
    if !tail.is_empty() {
        text.push(' ');
        text.push_str(tail);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_through_all_rows() {
        assert_eq!(
            text("t", &["a", "b"], "ON CONFLICT DO NOTHING", 2),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING"
        );
    }
}
