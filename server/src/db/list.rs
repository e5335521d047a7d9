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
}
