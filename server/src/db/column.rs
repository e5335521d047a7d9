//! Newtypes in and out of portable columns: 64-bit integers, text, bytes.

use sqlx::any::AnyRow;
use sqlx::{ColumnIndex, Row as _};
use sync_protocol::time::UnixMillis;

use super::StoreError;

/// Returns `value` as its column holds it: the same 64 bits, signed.
pub const fn int(value: u64) -> i64 {
    value.cast_signed()
}

/// Returns a flag as its column holds it: 0 or 1.
pub fn flag(value: bool) -> i64 {
    i64::from(value)
}

/// Returns the pattern, with `!` as its escape sign, of whatever holds `text`.
pub fn within(text: &str) -> String {
    let plain = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{plain}%")
}

/// Reads columns as the types they hold.
pub trait Columns {
    /// Reads 64 unsigned bits.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if the column is missing, empty or of another type; so for all below.
    fn uint(&self, column: &'static str) -> Result<u64, StoreError>;

    /// Reads a number that fits a smaller type.
    ///
    /// # Errors
    ///
    /// As [`Columns::uint`], and if it does not fit.
    fn small<T: TryFrom<u64>>(&self, column: &'static str) -> Result<T, StoreError> {
        T::try_from(self.uint(column)?).map_err(|_| StoreError::Corrupt(column))
    }

    /// Reads a number that may be absent.
    ///
    /// # Errors
    ///
    /// As [`Columns::uint`].
    fn uint_or_null(&self, column: &'static str) -> Result<Option<u64>, StoreError>;

    /// Reads a time.
    ///
    /// # Errors
    ///
    /// As [`Columns::uint`].
    fn millis(&self, column: &'static str) -> Result<UnixMillis, StoreError> {
        self.uint(column).map(UnixMillis)
    }

    /// Reads a flag.
    ///
    /// # Errors
    ///
    /// As [`Columns::uint`].
    fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        self.uint(column).map(|value| value != 0)
    }

    /// Reads text.
    ///
    /// # Errors
    ///
    /// As [`Columns::uint`].
    fn text(&self, column: &'static str) -> Result<String, StoreError>;

    /// Reads text that may be absent.
    ///
    /// # Errors
    ///
    /// As [`Columns::uint`].
    fn text_or_null(&self, column: &'static str) -> Result<Option<String>, StoreError>;

    /// Reads bytes.
    ///
    /// # Errors
    ///
    /// As [`Columns::uint`].
    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError>;

    /// Reads bytes that may be absent.
    ///
    /// # Errors
    ///
    /// As [`Columns::uint`].
    fn bytes_or_null(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Reads exactly `N` bytes, such as an id, a hash or a key.
    ///
    /// # Errors
    ///
    /// As [`Columns::uint`], and for another length.
    fn array<const N: usize>(&self, column: &'static str) -> Result<[u8; N], StoreError> {
        self.bytes(column)?.try_into().map_err(|_| StoreError::Corrupt(column))
    }

    /// Reads exactly `N` bytes that may be absent.
    ///
    /// # Errors
    ///
    /// As [`Columns::array`].
    fn array_or_null<const N: usize>(&self, column: &'static str) -> Result<Option<[u8; N]>, StoreError> {
        let bytes = self.bytes_or_null(column)?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| StoreError::Corrupt(column))).transpose()
    }

    /// Reads a time that may be absent.
    ///
    /// # Errors
    ///
    /// As [`Columns::uint`].
    fn millis_or_null(&self, column: &'static str) -> Result<Option<UnixMillis>, StoreError> {
        Ok(self.uint_or_null(column)?.map(UnixMillis))
    }
}

impl Columns for AnyRow {
    fn uint(&self, column: &'static str) -> Result<u64, StoreError> {
        read::<i64>(self, column).map(i64::cast_unsigned)
    }

    fn uint_or_null(&self, column: &'static str) -> Result<Option<u64>, StoreError> {
        Ok(read::<Option<i64>>(self, column)?.map(i64::cast_unsigned))
    }

    fn text(&self, column: &'static str) -> Result<String, StoreError> {
        read(self, column)
    }

    fn text_or_null(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        read(self, column)
    }

    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        read(self, column)
    }

    fn bytes_or_null(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        read(self, column)
    }
}

fn read<'r, T>(row: &'r AnyRow, column: &'static str) -> Result<T, StoreError>
where
    T: sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>,
    &'static str: ColumnIndex<AnyRow>,
{
    row.try_get(column).map_err(|error| {
        tracing::error!(column, %error, "a column does not hold what it should");
        StoreError::Corrupt(column)
    })
}
