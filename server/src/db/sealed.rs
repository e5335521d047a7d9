//! Columns whose values are sealed under the master key, read and written as a whole: when the key is replaced or lost.

use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, any::AnyArguments, query::Query};

use zeroize::Zeroizing;

use super::column::Columns as _;
use super::{StoreError, Tx};
use crate::seal::Sealer;

/// Rows read at a time.
const ROWS_AT_ONCE: i64 = 500;

/// A column whose values are sealed under the master key, but for those that are absent or, lost, empty.
#[derive(Clone, Copy, Debug)]
pub struct Sealed {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The place that its values are sealed for.
    pub place: &'static str,
    /// What a row is known by, in the order in which it is bound to the value; nothing where there is one row.
    pub key: &'static [Part],
}

/// A column of a row's key.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// Bytes.
    Bytes(&'static str),
    /// Text.
    Text(&'static str),
    /// A number of two bytes, big-endian.
    Short(&'static str),
}

impl Part {
    const fn column(self) -> &'static str {
        match self {
            Self::Bytes(column) | Self::Text(column) | Self::Short(column) => column,
        }
    }

    fn read(self, row: &AnyRow) -> Result<Value, StoreError> {
        Ok(match self {
            Self::Bytes(column) => Value::Bytes(row.bytes(column)?),
            Self::Text(column) => Value::Text(row.text(column)?),
            Self::Short(column) => Value::Short(row.small(column)?),
        })
    }
}

/// A value of a row's key.
enum Value {
    Bytes(Vec<u8>),
    Text(String),
    Short(u16),
}

impl Value {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::Short(number) => number.to_be_bytes().to_vec(),
        }
    }

    fn bind<'q>(&self, query: Query<'q, Any, AnyArguments>) -> Query<'q, Any, AnyArguments> {
        match self {
            Self::Bytes(bytes) => query.bind(bytes.clone()),
            Self::Text(text) => query.bind(text.clone()),
            Self::Short(number) => query.bind(i64::from(*number)),
        }
    }
}

impl Sealed {
    /// Opens every value with `from` and seals it with `to`, and returns how many there are. `tell` hears of each page
    /// how many it had.
    ///
    /// # Errors
    ///
    /// [`StoreError`], after which the transaction must not be committed; [`StoreError::Sealed`] if a value does not
    /// open.
    pub async fn seal_anew(
        &self,
        tx: &mut Tx,
        from: &Sealer,
        to: &Sealer,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, StoreError> {
        let change = |row: &[u8], sealed: &[u8]| Ok(to.seal(self.place, row, &from.open(self.place, row, sealed)?));
        self.change_each(tx, change, tell).await
    }

    /// Puts a secret that `make` returns, sealed with `to`, in the place of every value, which nobody can open any more.
    ///
    /// # Errors
    ///
    /// [`StoreError`], after which the transaction must not be committed.
    pub async fn replace_lost(
        &self,
        tx: &mut Tx,
        to: &Sealer,
        make: fn() -> Zeroizing<Vec<u8>>,
    ) -> Result<u64, StoreError> {
        self.change_each(tx, |row, _| Ok(to.seal(self.place, row, &make())), &mut |_| {}).await
    }

    /// Forgets every value of a column that may be empty.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn forget(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let Self { table, column, .. } = self;
        let text = format!("UPDATE {table} SET {column} = NULL WHERE {column} IS NOT NULL");
        sqlx::query(AssertSqlSafe(text)).execute(tx.connection()).await?;
        Ok(())
    }

    async fn change_each(
        &self,
        tx: &mut Tx,
        change: impl Fn(&[u8], &[u8]) -> Result<Vec<u8>, StoreError>,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, StoreError> {
        let mut total = 0;
        let mut last: Option<Vec<Value>> = None;
        loop {
            let rows = self.page(tx, last.as_deref()).await?;
            for row in &rows {
                let key = self.key.iter().map(|part| part.read(row)).collect::<Result<Vec<Value>, StoreError>>()?;
                let bound = key.iter().flat_map(Value::to_bytes).collect::<Vec<u8>>();
                let changed = change(&bound, &row.bytes(self.column)?)?;
                self.write(tx, &key, changed).await?;
                last = Some(key);
            }
            total += rows.len() as u64;
            tell(rows.len() as u64);
            if (rows.len() as i64) < ROWS_AT_ONCE {
                return Ok(total);
            }
        }
    }

    /// Reads the values that follow on the row `after`.
    async fn page(&self, tx: &mut Tx, after: Option<&[Value]>) -> Result<Vec<AnyRow>, StoreError> {
        let Self { table, column, .. } = self;
        let columns: Vec<&str> = self.key.iter().map(|part| part.column()).collect();
        let key = columns.join(", ");
        let mut text =
            format!("SELECT {} FROM {table} WHERE length({column}) > 0", [&columns[..], &[column]].concat().join(", "));
        if let Some(after) = after {
            let places: Vec<String> = (1..=after.len()).map(|place| format!("${place}")).collect();
            text.push_str(&format!(" AND ({key}) > ({})", places.join(", ")));
        }
        if !key.is_empty() {
            text.push_str(&format!(" ORDER BY {key}"));
        }
        text.push_str(&format!(" LIMIT {ROWS_AT_ONCE}"));
        let mut query = sqlx::query(AssertSqlSafe(text));
        for value in after.unwrap_or_default() {
            query = value.bind(query);
        }
        Ok(query.fetch_all(tx.connection()).await?)
    }

    async fn write(&self, tx: &mut Tx, key: &[Value], sealed: Vec<u8>) -> Result<(), StoreError> {
        let Self { table, column, .. } = self;
        let mut text = format!("UPDATE {table} SET {column} = $1");
        for (at, part) in self.key.iter().enumerate() {
            let word = if at == 0 { "WHERE" } else { "AND" };
            text.push_str(&format!(" {word} {} = ${}", part.column(), at + 2));
        }
        let mut query = sqlx::query(AssertSqlSafe(text)).bind(sealed);
        for value in key {
            query = value.bind(query);
        }
        query.execute(tx.connection()).await?;
        Ok(())
    }
}
