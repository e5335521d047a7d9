//! Statements over many rows.

use sqlx::any::AnyArguments;
use sqlx::{Any, Arguments as _, AssertSqlSafe, Encode, Type};

use super::list::{padded, padded_len};
use super::{Dialect, StoreError, Tx};

/// Bound values in one statement: below the limits of both databases (32 766 and 65 535), and small
/// enough that preparing the text costs little.
const VALUES_PER_STATEMENT_MAX: usize = 6_000;

/// Rows of a statement that is kept prepared: as many as one request brings.
const KEPT_ROWS_MAX: usize = 64;

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
    insert(tx, table, columns, tail, items, fill).await
}

/// Inserts a row for each of `items` that is not there yet, as [`insert_rows`] does: whatever stands there twice, in
/// the table or among the items, is passed over.
///
/// # Errors
///
/// [`StoreError`], after which the transaction is of no use.
pub async fn insert_missing<T: Copy>(
    tx: &mut Tx,
    table: &'static str,
    columns: &'static [&'static str],
    items: &[T],
    fill: impl Fn(&T, &mut RowValues),
) -> Result<u64, StoreError> {
    const PASS_OVER: &str = "ON CONFLICT DO NOTHING";
    if padded_len(items.len()) > KEPT_ROWS_MAX {
        return insert(tx, table, columns, PASS_OVER, items, fill).await;
    }
    // Filled up with what stands there already, requests of all sizes share few texts.
    insert(tx, table, columns, PASS_OVER, &padded(items).collect::<Vec<T>>(), fill).await
}

async fn insert<T>(
    tx: &mut Tx,
    table: &'static str,
    columns: &'static [&'static str],
    tail: &'static str,
    items: &[T],
    fill: impl Fn(&T, &mut RowValues),
) -> Result<u64, StoreError> {
    let dialect = tx.dialect();
    let rows_per_statement = (VALUES_PER_STATEMENT_MAX / columns.len().max(1)).max(1);
    let mut inserted = 0;
    let mut full_text = None;
    for chunk in items.chunks(rows_per_statement) {
        let mut values = RowValues::default();
        for item in chunk {
            fill(item, &mut values);
        }
        let text = if chunk.len() == rows_per_statement {
            full_text.get_or_insert_with(|| text(dialect, table, columns, tail, rows_per_statement)).clone()
        } else {
            text(dialect, table, columns, tail, chunk.len())
        };
        // The texts of all numbers of rows would be too many to be kept prepared.
        let is_kept = chunk.len().is_power_of_two() && chunk.len() <= KEPT_ROWS_MAX;
        let query = sqlx::query_with(AssertSqlSafe(text), values.0).persistent(is_kept);
        inserted += query.execute(tx.connection()).await?.rows_affected();
    }
    Ok(inserted)
}

fn text(dialect: Dialect, table: &str, columns: &[&str], tail: &str, rows: usize) -> String {
    let mut text = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        push_placeholders(dialect, &mut text, row * columns.len() + 1, columns.len());
        text.push(')');
    }
    if !tail.is_empty() {
        text.push(' ');
        text.push_str(tail);
    }
    text
}

/// Appends `count` placeholders, numbered from `first`, with commas between them. A statement that has some of
/// these has no others.
///
/// SQLite looks a numbered one up in a list, which makes thousands of them slow, so there they are bare.
pub fn push_placeholders(dialect: Dialect, text: &mut String, first: usize, count: usize) {
    use std::fmt::Write as _;

    for number in first..first + count {
        let separator = if number == first { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = match dialect {
            Dialect::Sqlite => write!(text, "{separator}?"),
            Dialect::Postgres => write!(text, "{separator}${number}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_through_all_rows() {
        assert_eq!(
            text(Dialect::Postgres, "t", &["a", "b"], "ON CONFLICT DO NOTHING", 2),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING"
        );
        assert_eq!(text(Dialect::Sqlite, "t", &["a", "b"], "", 2), "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)");
    }
}
