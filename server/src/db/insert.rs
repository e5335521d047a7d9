//! Statements over many rows.

use sqlx::AssertSqlSafe;

use super::list::{padded, padded_len};
use super::{Dialect, StoreError, Tx};

/// Bound values in one statement: below the limits of both databases (32 766 and 65 535), and small
/// enough that preparing the text costs little.
const VALUES_PER_STATEMENT_MAX: usize = 6_000;

/// Rows of a statement that is kept prepared: as many as one request brings.
const KEPT_ROWS_MAX: usize = 64;

/// Rows of a statement whose values come as lists.
const LISTED_ROWS_MAX: usize = 2_000;

/// The values of one row, in the order of the columns.
#[derive(Default)]
pub struct RowValues(Vec<Value>);

impl RowValues {
    /// Appends the next column's value.
    pub fn push(&mut self, value: impl Into<Value>) -> &mut Self {
        self.0.push(value.into());
        self
    }
}

/// A column's value, or its absence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// A number.
    Int(Option<i64>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
    /// Text.
    Text(Option<String>),
}

macro_rules! value {
    ($($from:ty => $variant:ident by $own:expr;)+) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(Some($own(value)))
            }
        }

        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                Self::$variant(value.map($own))
            }
        }
    )+};
}

value! {
    i64 => Int by std::convert::identity;
    Vec<u8> => Bytes by std::convert::identity;
    &[u8] => Bytes by <[u8]>::to_vec;
    String => Text by std::convert::identity;
    &str => Text by str::to_owned;
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
    if tx.dialect() == Dialect::Postgres || padded_len(items.len()) > KEPT_ROWS_MAX {
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
    let values = |item: &T| {
        let mut row = RowValues::default();
        fill(item, &mut row);
        row.0
    };
    let dialect = tx.dialect();
    let mut inserted = 0;
    if dialect == Dialect::Postgres && items.len() > 1 {
        for chunk in items.chunks(rows_per_list(items.len())) {
            let lists = Lists::of(chunk.iter().map(values));
            let mut query = sqlx::query(AssertSqlSafe(lists.text(table, columns, tail)));
            for list in lists.0 {
                query = query.bind(list.text);
            }
            inserted += query.execute(tx.connection()).await?.rows_affected();
        }
        return Ok(inserted);
    }
    let rows_per_statement = (VALUES_PER_STATEMENT_MAX / columns.len().max(1)).max(1);
    let mut full_text = None;
    for chunk in items.chunks(rows_per_statement) {
        let text = if chunk.len() == rows_per_statement {
            full_text.get_or_insert_with(|| text(dialect, table, columns, tail, rows_per_statement)).clone()
        } else {
            text(dialect, table, columns, tail, chunk.len())
        };
        // The texts of all numbers of rows would be too many to be kept prepared.
        let is_kept = chunk.len().is_power_of_two() && chunk.len() <= KEPT_ROWS_MAX;
        let mut query = sqlx::query(AssertSqlSafe(text)).persistent(is_kept);
        for value in chunk.iter().flat_map(values) {
            query = match value {
                Value::Int(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
            };
        }
        inserted += query.execute(tx.connection()).await?.rows_affected();
    }
    Ok(inserted)
}

/// Returns how many of so many rows make one statement, so that all are of nearly the same length: a list of one empty text
/// would be taken for a list of nothing.
const fn rows_per_list(rows: usize) -> usize {
    rows.div_ceil(rows.div_ceil(LISTED_ROWS_MAX))
}

/// The values of many rows, a list for each column: PostgreSQL reads a few long lists many times faster than thousands
/// of values by themselves, and one prepared text serves any number of rows.
struct Lists(Vec<List>);

/// The values of a column, with commas between them. Bytes and text are in hexadecimal digits.
struct List {
    read_by: &'static str,
    text: String,
}

/// What stands for a value that is absent.
const ABSENT: &str = "-";

impl Lists {
    fn of(rows: impl Iterator<Item = Vec<Value>>) -> Self {
        use std::fmt::Write as _;

        let mut lists: Vec<List> = Vec::new();
        for row in rows {
            let is_first = lists.is_empty();
            if is_first {
                lists.extend(row.iter().map(|value| List { read_by: read_by(value), text: String::new() }));
            }
            for (List { text, .. }, value) in lists.iter_mut().zip(row) {
                if !is_first {
                    text.push(',');
                }
                match value {
                    Value::Int(None) | Value::Bytes(None) | Value::Text(None) => text.push_str(ABSENT),
                    Value::Int(Some(number)) => {
                        // Writing to a String cannot fail.
                        let _ = write!(text, "{number}");
                    }
                    Value::Bytes(Some(bytes)) => text.push_str(&hex::encode(bytes)),
                    Value::Text(Some(words)) => text.push_str(&hex::encode(words)),
                }
            }
        }
        Self(lists)
    }

    fn text(&self, table: &str, columns: &[&str], tail: &str) -> String {
        let numbered = |part: &dyn Fn(usize, &List) -> String| {
            let parts: Vec<String> = self.0.iter().zip(1..).map(|(list, number)| part(number, list)).collect();
            parts.join(", ")
        };
        let values = numbered(&|number, list| list.read_by.replace('?', &format!("r.v{number}")));
        let lists = numbered(&|number, _| format!("string_to_array(${number}, ',', '{ABSENT}')"));
        let names = numbered(&|number, _| format!("v{number}"));
        let columns = columns.join(", ");
        format!("INSERT INTO {table} ({columns}) SELECT {values} FROM unnest({lists}) AS r({names}) {tail}")
    }
}

/// How a value of this kind is read from its place in a list.
const fn read_by(value: &Value) -> &'static str {
    match value {
        Value::Int(_) => "CAST(? AS BIGINT)",
        Value::Bytes(_) => "decode(?, 'hex')",
        Value::Text(_) => "convert_from(decode(?, 'hex'), 'UTF8')",
    }
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
    fn no_list_has_a_single_row() {
        for rows in [2, 3, LISTED_ROWS_MAX, LISTED_ROWS_MAX + 1, 2 * LISTED_ROWS_MAX + 1, 7 * LISTED_ROWS_MAX + 1] {
            let length = rows_per_list(rows);

            assert!(length <= LISTED_ROWS_MAX, "{rows}");
            assert_ne!(rows % length, 1, "{rows}");
        }
    }

    #[test]
    fn many_rows_are_a_list_for_each_column() {
        let row = |number, bytes: Option<&[u8]>, words: &str| vec![Value::from(number), bytes.into(), words.into()];

        let lists = Lists::of([row(-5, Some(&[0, 255]), "a,b"), row(7, None, ""), row(8, Some(&[]), "é")].into_iter());

        let texts: Vec<&str> = lists.0.iter().map(|list| list.text.as_str()).collect();
        assert_eq!(texts, ["-5,7,8", "00ff,-,", "612c62,,c3a9"]);
        assert_eq!(
            lists.text("t", &["a", "b", "c"], "ON CONFLICT DO NOTHING"),
            "INSERT INTO t (a, b, c) SELECT CAST(r.v1 AS BIGINT), decode(r.v2, 'hex'), \
             convert_from(decode(r.v3, 'hex'), 'UTF8') FROM unnest(string_to_array($1, ',', '-'), \
             string_to_array($2, ',', '-'), string_to_array($3, ',', '-')) AS r(v1, v2, v3) ON CONFLICT DO NOTHING"
        );
    }

    #[test]
    fn placeholders_are_numbered_through_all_rows() {
        assert_eq!(
            text(Dialect::Postgres, "t", &["a", "b"], "ON CONFLICT DO NOTHING", 2),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING"
        );
        assert_eq!(text(Dialect::Sqlite, "t", &["a", "b"], "", 2), "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)");
    }
}
