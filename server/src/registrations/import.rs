//! Attendees from a table that a spreadsheet wrote: CSV, one attendee a line.

use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder};

use super::NewRegistration;
use super::check::Raw;
use crate::events::Event;

/// The most lines of one import.
pub const ROWS_MAX: usize = 50_000;
/// The largest file.
pub const FILE_BYTES_MAX: usize = 16 << 20;
/// The path that takes such a file, as the table of routes names it.
pub const PATH: &str = "/api/v1/events/{event}/registrations/import";
/// Errors that are told; their number is told as well.
pub const ERRORS_MAX: usize = 100;

/// What is wrong at one place of the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowError {
    /// The line, the header's being 1.
    pub line: u64,
    /// The column's name; empty where the whole line is meant.
    pub column: String,
    /// What is wrong, for programs.
    pub kind: &'static str,
    /// What is wrong, for people.
    pub msg: String,
}

/// A line that is right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// Where it stands.
    pub line: u64,
    /// Who it registers.
    pub new: NewRegistration,
}

/// All errors of a file: the first of them, and how many there are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RowErrors {
    /// The first [`ERRORS_MAX`].
    pub first: Vec<RowError>,
    /// All.
    pub total: usize,
}

impl RowErrors {
    /// Adds an error.
    pub fn add(&mut self, line: u64, column: &str, kind: &'static str, msg: impl Into<String>) {
        self.total += 1;
        if self.first.len() < ERRORS_MAX {
            self.first.push(RowError { line, column: column.to_owned(), kind, msg: msg.into() });
        }
    }

    /// Returns `value` if there are no errors.
    ///
    /// # Errors
    ///
    /// The errors.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.total == 0 { Ok(value) } else { Err(self) }
    }
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Column {
    Name,
    Email,
    Phone,
    TicketType,
    Note,
    Status,
    ExternalId,
    Order,
    Attention,
    IdCheck,
}

impl Column {
    /// Reads a header, whatever its case and its separators.
    fn of_header(header: &str) -> Option<Self> {
        let plain: String = header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        Some(match plain.as_str() {
            "name" => Self::Name,
            "email" | "emailaddress" => Self::Email,
            "phone" | "phonenumber" => Self::Phone,
            "tickettype" => Self::TicketType,
            "note" => Self::Note,
            "status" => Self::Status,
            "externalid" => Self::ExternalId,
            "order" => Self::Order,
            "attention" => Self::Attention,
            "idcheck" => Self::IdCheck,
            _ => return None,
        })
    }
}

/// Reads a whole file: every line, or everything that is wrong with it. The first line names the columns,
/// in any order; commas, semicolons or tabs separate them; a byte order mark may come first.
///
/// # Errors
///
/// [`RowErrors`].
pub fn read(bytes: &[u8], event: &Event) -> Result<Vec<Row>, RowErrors> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().delimiter(delimiter(bytes)).flexible(true).from_reader(bytes);
    let mut errors = RowErrors::default();
    let columns = match reader.byte_headers() {
        Ok(headers) => columns(headers, &mut errors),
        Err(error) => {
            errors.add(1, "", "csv", error.to_string());
            Vec::new()
        }
    };
    if errors.total > 0 {
        return Err(errors);
    }

    let mut rows = Vec::new();
    let mut external_ids = HashMap::new();
    let mut lines = Lines::of(bytes);
    let mut record = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                errors.add(lines.line_at(error.position()), "", "csv", "cannot be read");
                break;
            }
        }
        let line = lines.line_at(record.position());
        if record.iter().all(|field| field.trim_ascii().is_empty()) {
            continue;
        }
        if rows.len() + errors.total >= ROWS_MAX {
            errors.add(line, "", "too_long", format!("a file may hold at most {ROWS_MAX} attendees"));
            break;
        }
        let Some(new) = row(&record, line, &columns, event, &mut errors) else { continue };
        if let Some(id) = &new.attendee.external_id
            && let Some(first) = external_ids.insert(id.clone(), line)
        {
            errors.add(line, "external_id", "duplicate", format!("stands in line {first} as well"));
        }
        rows.push(Row { line, new });
    }
    if rows.is_empty() && errors.total == 0 {
        errors.add(1, "", "empty", "there is no attendee in the file");
    }
    errors.or(rows)
}

/// Counts lines as an editor does. The reader's own count lags behind where lines end in CR and LF, or are
/// blank.
struct Lines<'a> {
    bytes: &'a [u8],
    end: u8,
    counted: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let end = if bytes.contains(&b'\n') { b'\n' } else { b'\r' };
        Self { bytes, end, counted: 0, line: 1 }
    }

    /// Returns the line of the first sign at or after `position`, which only moves forward.
    fn line_at(&mut self, position: Option<&csv::Position>) -> u64 {
        let from = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.counted);
        let rest = self.bytes.get(from..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.bytes.get(self.counted..from + blank).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == self.end).count() as u64;
        self.counted = self.counted.max(from + blank);
        self.line
    }
}

/// Returns the sign that separates the columns: whichever the first line holds most of.
fn delimiter(bytes: &[u8]) -> u8 {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |sign: &u8| first.iter().filter(|byte| *byte == sign).count();
    // The last of equals wins, and a comma is the usual sign.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

fn columns(headers: &ByteRecord, errors: &mut RowErrors) -> Vec<Column> {
    let mut columns = Vec::new();
    for header in headers {
        let header = String::from_utf8_lossy(header);
        match Column::of_header(&header) {
            Some(column) if columns.contains(&column) => {
                errors.add(1, &shown(&header), "duplicate", "this column stands there twice");
            }
            Some(column) => columns.push(column),
            None => errors.add(
                1,
                &shown(&header),
                "unknown",
                "is no column: use name, email, phone, ticket_type, note, status, external_id, order, attention, id_check",
            ),
        }
    }
    if !columns.contains(&Column::Name) && errors.total == 0 {
        errors.add(1, "name", "missing", "there is no column of this name");
    }
    columns
}

/// A header as it may be told back.
fn shown(header: &str) -> String {
    header.chars().take(40).collect()
}

fn row(
    record: &ByteRecord,
    line: u64,
    columns: &[Column],
    event: &Event,
    errors: &mut RowErrors,
) -> Option<NewRegistration> {
    let before = errors.total;
    if record.len() != columns.len() {
        let msg = format!("has {} columns, but the first line names {}", record.len(), columns.len());
        errors.add(line, "", "columns", msg);
        return None;
    }
    let mut raw = Raw::default();
    for (column, field) in columns.iter().zip(record) {
        let Ok(text) = std::str::from_utf8(field) else {
            errors.add(line, column_name(*column), "utf8", "is not UTF-8");
            continue;
        };
        match column {
            Column::Name => raw.name = text,
            Column::Email => raw.email = text,
            Column::Phone => raw.phone = text,
            Column::TicketType => raw.ticket_type = text,
            Column::Note => raw.note = text,
            Column::Status => raw.status = text,
            Column::ExternalId => raw.external_id = text,
            Column::Order => raw.order = text,
            Column::Attention => raw.attention = is_yes(text, line, "attention", errors),
            Column::IdCheck => raw.id_check = is_yes(text, line, "id_check", errors),
        }
    }
    if errors.total > before {
        return None;
    }
    match raw.check(event) {
        Ok(new) => Some(new),
        Err(wrongs) => {
            for wrong in wrongs {
                errors.add(line, &wrong.field, wrong.kind, wrong.msg);
            }
            None
        }
    }
}

const fn column_name(column: Column) -> &'static str {
    match column {
        Column::Name => "name",
        Column::Email => "email",
        Column::Phone => "phone",
        Column::TicketType => "ticket_type",
        Column::Note => "note",
        Column::Status => "status",
        Column::ExternalId => "external_id",
        Column::Order => "order",
        Column::Attention => "attention",
        Column::IdCheck => "id_check",
    }
}

fn is_yes(text: &str, line: u64, column: &str, errors: &mut RowErrors) -> bool {
    match text.trim().to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "x" => true,
        "" | "no" | "n" | "false" | "0" => false,
        _ => {
            errors.add(line, column, "value", "must be yes or no");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{About, Offer, State};
    use sync_protocol::id::{ClassId, EventId};
    use sync_protocol::policy::{Class, Limits, Policy, ReEntry, Switches, Uses};
    use sync_protocol::time::UnixMillis;
    use sync_protocol::verdict::TicketStatus;

    #[test]
    fn columns_stand_in_any_order_under_any_spelling_and_separator() {
        let file =
            "\u{feff}Ticket Type;E-Mail;NAME;Status;id-check\r\nvip;Ada@Example.org;Ada;unpaid;yes\r\n\r\n;;Bob;;\r\n";

        let error = read(file.as_bytes(), &event()).unwrap_err();
        assert_eq!((error.total, error.first[0].line, error.first[0].column.as_str()), (1, 4, "ticket_type"));

        let rows = read(file.replace(";;Bob;;", "Regular;;Bob;;").as_bytes(), &event()).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].new.class, ClassId(1));
        assert_eq!(rows[0].new.attendee.email.as_deref(), Some("ada@example.org"));
        assert_eq!(rows[0].new.status, TicketStatus::Unpaid);
        assert!(rows[0].new.id_check);
        assert_eq!((rows[1].line, rows[1].new.attendee.name.as_str()), (4, "Bob"));
    }

    #[test]
    fn every_error_is_told_with_its_line_and_column() {
        let file = b"name,email,ticket_type,external_id\n\
            Ada,not-an-address,Regular,1\n\
            ,,Backstage,2\n\
            \"Cle\nopatra\",,VIP,3\n\
            Dan,,VIP,3\n\
            Eve,,VIP\n\
            \xff,,VIP,4\n";

        let errors = read(file, &event()).unwrap_err();

        let places: Vec<_> = errors.first.iter().map(|error| (error.line, error.column.as_str(), error.kind)).collect();
        assert_eq!(
            places,
            [
                (2, "email", "email"),
                (3, "name", "missing"),
                (3, "ticket_type", "unknown"),
                (6, "external_id", "duplicate"),
                (7, "", "columns"),
                (8, "name", "utf8"),
            ]
        );
    }

    #[test]
    fn a_table_without_names_or_with_unknown_columns_is_refused() {
        assert_eq!(read(b"email\na@b.c\n", &event()).unwrap_err().first[0].column, "name");
        assert_eq!(read(b"name,shoe size\nAda,38\n", &event()).unwrap_err().first[0].column, "shoe size");
        assert_eq!(read(b"name,Name\nAda,Ada\n", &event()).unwrap_err().first[0].kind, "duplicate");
        assert_eq!(read(b"name\n", &event()).unwrap_err().first[0].kind, "empty");
        assert_eq!(read(b"", &event()).unwrap_err().total, 1);
    }

    #[test]
    fn all_lines_are_checked_but_only_the_first_errors_told() {
        let file = format!("name,email\n{}", "Ada,nowhere\n".repeat(500));
        let errors = read(file.as_bytes(), &event()).unwrap_err();
        assert_eq!((errors.first.len(), errors.total), (ERRORS_MAX, 1_000));
    }

    fn event() -> Event {
        let class = |id, name: &str| Class {
            id: ClassId(id),
            name: name.to_owned(),
            zones: vec![],
            gates: vec![],
            windows: vec![],
            uses: Uses::default(),
            re_entry: ReEntry::Forbidden,
            strict_clock: false,
            home_gate: None,
            price: None,
        };
        let policy = Policy {
            event: "RustConf".to_owned(),
            time_zone: "UTC".to_owned(),
            starts: UnixMillis(0),
            ends: UnixMillis(1),
            zones: vec![],
            gates: vec![],
            classes: vec![class(0, "Regular"), class(1, "VIP")],
            limits: Limits::default(),
            switches: Switches::default(),
            supervisors: vec![],
        };
        Event {
            id: EventId([1; 16]),
            policy,
            offer: Offer::default(),
            about: About::default(),
            state: State::Published,
            version: 1,
            made_by: None,
            created_at: UnixMillis(0),
        }
    }
}
