//! What ails a database, as far as whoever asks, or whoever runs the server, can do something about it.

use sqlx::Error;

/// What ails a database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// Another transaction was in the way, or no connection was free: the same may work a moment later.
    Busy,
    /// It cannot be reached, or was lost on the way: nobody knows whether what was asked was done.
    Unreachable,
    /// It cannot be written: its disk is full, read-only or failing.
    Unwritable,
    /// Its file is damaged.
    Damaged,
    /// Something else, that only the log tells.
    Other,
}

impl Trouble {
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::PoolTimedOut => Self::Busy,
            Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::PoolClosed | Error::WorkerCrashed => {
                Self::Unreachable
            }
            Error::Database(error) => error.code().map_or(Self::Other, |code| Self::of_code(&code)),
            _ => Self::Other,
        }
    }

    /// Reads PostgreSQL's five characters (its documentation, appendix A) or SQLite's extended result code.
    fn of_code(code: &str) -> Self {
        const SQLSTATE_CHARS: usize = 5;
        if code.len() == SQLSTATE_CHARS { Self::of_postgres(code) } else { Self::of_sqlite(code) }
    }

    fn of_postgres(code: &str) -> Self {
        match code {
            // Serialization failure, deadlock, lock not available.
            "40001" | "40P01" | "55P03" => Self::Busy,
            // Shut down by an administrator, after a crash, still starting, too many connections.
            "57P01" | "57P02" | "57P03" | "53300" => Self::Unreachable,
            // Read-only, out of disk, out of memory, a failing disk.
            "25006" | "53100" | "53200" | "58030" => Self::Unwritable,
            "XX001" | "XX002" => Self::Damaged,
            // Connection exceptions.
            _ if code.starts_with("08") => Self::Unreachable,
            _ => Self::Other,
        }
    }

    fn of_sqlite(code: &str) -> Self {
        /// The lowest eight bits are the primary result code.
        const PRIMARY: u32 = 0xff;
        match code.parse::<u32>().map(|code| code & PRIMARY) {
            // Busy, locked.
            Ok(5 | 6) => Self::Busy,
            // Read-only, input or output failed, disk full, cannot open.
            Ok(8 | 10 | 13 | 14) => Self::Unwritable,
            // Corrupt, not a database.
            Ok(11 | 26) => Self::Damaged,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_codes_are_told_apart() {
        let known = [
            ("40001", Trouble::Busy),
            ("5", Trouble::Busy),
            ("517", Trouble::Busy),
            ("262", Trouble::Busy),
            ("57P01", Trouble::Unreachable),
            ("08006", Trouble::Unreachable),
            ("53100", Trouble::Unwritable),
            ("13", Trouble::Unwritable),
            ("1032", Trouble::Unwritable),
            ("6410", Trouble::Unwritable),
            ("11", Trouble::Damaged),
            ("26", Trouble::Damaged),
            ("267", Trouble::Damaged),
            ("23505", Trouble::Other),
            ("2067", Trouble::Other),
            ("", Trouble::Other),
        ];

        for (code, trouble) in known {
            assert_eq!(Trouble::of_code(code), trouble, "{code}");
        }
    }

    #[test]
    fn a_lost_connection_is_no_fault_of_the_request() {
        let lost = Error::Io(std::io::ErrorKind::ConnectionReset.into());

        assert_eq!(Trouble::of(&lost), Trouble::Unreachable);
        assert_eq!(Trouble::of(&Error::RowNotFound), Trouble::Other);
    }
}
