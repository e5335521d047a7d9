//! The schema, embedded: the same file names for both databases.

use std::borrow::Cow;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::Dialect;

macro_rules! migrations {
    ($dialect:ident: $($number:literal $name:literal),* $(,)?) => {
        match $dialect {
            Dialect::Sqlite => [$(($number, $name,
                include_str!(concat!("../../../migrations/server/sqlite/", $name, ".sql")))),*],
            Dialect::Postgres => [$(($number, $name,
                include_str!(concat!("../../../migrations/server/postgres/", $name, ".sql")))),*],
        }
    };
}

/// Returns the migrations of `dialect`, in order. A file is never edited once it has been released:
/// its checksum is compared.
pub(super) fn migrator(dialect: Dialect) -> Migrator {
    let files = migrations!(dialect:
        1 "0001_accounts",
        2 "0002_events",
        3 "0003_registrations",
        4 "0004_tickets",
        5 "0005_devices",
        6 "0006_snapshots",
        7 "0007_journals",
        8 "0008_orders",
        9 "0009_walk_ins",
        10 "0010_audit",
        11 "0011_mails",
        12 "0012_identity",
        13 "0013_organisations",
        14 "0014_events",
        15 "0015_registrations",
        16 "0016_check_in",
        17 "0017_webhooks",
        18 "0018_requests",
        19 "0019_people",
        20 "0020_ways",
        21 "0021_languages",
        22 "0022_figures",
        23 "0023_device_health",
        24 "0024_absences",
        25 "0025_ticket_keys",
    );
    Migrator::with_migrations(
        files
            .into_iter()
            .map(|(number, name, text)| {
                Migration::new(number, Cow::Borrowed(name), MigrationType::Simple, text.into_sql_str(), false)
            })
            .collect(),
    )
}
