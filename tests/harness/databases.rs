//! One test on both databases.

use std::future::Future;

use crate::postgres;

/// Makes of each function one test on a fresh SQLite file and one on a fresh PostgreSQL database.
///
/// The tests are called `NAME::on_sqlite` and `NAME::on_postgres`. The function takes the database's URL.
///
/// ```no_run
/// harness::on_both_databases! {
///     async fn an_event_is_found_by_its_id(database_url: String) {
///         assert!(!database_url.is_empty());
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! on_both_databases {
    ($( $(#[$attribute:meta])* async fn $name:ident($url:ident: $type:ty) $body:block )+) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn check($url: $type) $body

            #[test]
            fn on_sqlite() {
                $crate::databases::run_on_sqlite(check);
            }

            #[test]
            fn on_postgres() {
                $crate::databases::run_on_postgres(check);
            }
        }
    )+};
}

/// Runs `check` with the URL of a SQLite file that doesn't exist yet, in a folder that goes afterwards.
pub fn run_on_sqlite<F: Future<Output = ()>>(check: impl FnOnce(String) -> F) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    block_on(check(format!("sqlite:{}", folder.path().join("usher.db").display())));
}

/// Runs `check` with the URL of an empty PostgreSQL database that goes afterwards.
pub fn run_on_postgres<F: Future<Output = ()>>(check: impl FnOnce(String) -> F) {
    let database = postgres::database();
    block_on(check(database.url.clone()));
}

fn block_on(check: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made")
        .block_on(check);
}

#[cfg(test)]
mod tests {
    on_both_databases! {
        async fn the_url_names_the_database(url: String) {
            assert!(url.starts_with("sqlite:/") || url.starts_with("postgres://"));
        }
    }
}
