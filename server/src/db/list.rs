//! Lists of values in one statement: `IN (…)`.

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

use super::Dialect;
use super::insert::push_placeholders;

/// Returns a statement with a list of values. PostgreSQL plans it anew each time: what it plans once, for an event of the
/// usual size, reads a large one whole.
pub fn listing<'q>(dialect: Dialect, text: String) -> Query<'q, Any, AnyArguments> {
    sqlx::query(AssertSqlSafe(text)).persistent(dialect == Dialect::Sqlite)
}

/// Returns as many values as the next power of two, the last repeated: whoever is named twice is found once. So lists
/// of all lengths share few texts, which the databases then keep prepared.
pub fn padded<T: Copy>(values: &[T]) -> impl Iterator<Item = T> {
    let missing = padded_len(values.len()) - values.len();
    values.iter().copied().chain(values.last().copied().into_iter().cycle().take(missing))
}

/// Returns the placeholders of [`padded`] values, numbered from `first`.
pub fn placeholders(first: usize, values: usize) -> String {
    let mut text = String::new();
    // Numbered ones may stand beside others, and may come twice.
    push_placeholders(Dialect::Postgres, &mut text, first, padded_len(values));
    text
}

/// Returns the condition that a number is one of a list, which is bound from `first` on by [`bind_numbers`].
///
/// PostgreSQL is given them as one text, whose length it does not know when it plans: it looks each one up, and does not
/// read all rows of an event because nobody has counted these yet.
pub fn among(dialect: Dialect, first: usize, numbers: usize) -> String {
    match dialect {
        Dialect::Sqlite => format!("IN ({})", placeholders(first, numbers)),
        Dialect::Postgres => {
            format!("= ANY ((SELECT CAST(string_to_array(${first}, ',') AS BIGINT[]))::BIGINT[])")
        }
    }
}

/// Binds the numbers of a condition that [`among`] made.
pub fn bind_numbers<'q>(
    query: Query<'q, Any, AnyArguments>,
    dialect: Dialect,
    numbers: &[i64],
) -> Query<'q, Any, AnyArguments> {
    match dialect {
        Dialect::Sqlite => padded(numbers).fold(query, Query::bind),
        Dialect::Postgres => {
            let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
            query.bind(numbers.join(","))
        }
    }
}

/// Returns how many values there are once they are [`padded`].
pub const fn padded_len(values: usize) -> usize {
    if values == 0 { 0 } else { values.next_power_of_two() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_filled_up_with_its_last_value() {
        assert_eq!(padded(&[1, 2, 3, 4, 5]).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 5, 5, 5]);
        assert_eq!(padded(&[7]).collect::<Vec<_>>(), [7]);
        assert_eq!(padded::<u8>(&[]).count(), 0);
        assert_eq!(placeholders(3, 3), "$3, $4, $5, $6");
    }

    #[test]
    fn numbers_are_one_value_where_a_text_is_read_as_a_list() {
        assert_eq!(among(Dialect::Sqlite, 2, 3), "IN ($2, $3, $4, $5)");
        let one = "= ANY ((SELECT CAST(string_to_array($2, ',') AS BIGINT[]))::BIGINT[])";
        assert_eq!(among(Dialect::Postgres, 2, 3), one);
    }
}
