//! Records as files: a line of JSON each, or a table for spreadsheets.

use serde_json::Value;

use super::Record;
use super::body::RecordBody;

/// The columns of the table.
const COLUMNS: [&str; 9] = ["id", "at", "action", "subject", "event", "account", "address", "before", "after"];

/// Returns records as lines of JSON.
pub(super) fn lines(records: Vec<Record>) -> Vec<u8> {
    let mut lines = Vec::new();
    for record in records {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut lines, &RecordBody::from(record));
        lines.push(b'\n');
    }
    lines
}

/// Returns the table's header.
pub(super) fn header() -> Vec<u8> {
    format!("{}\r\n", COLUMNS.join(",")).into_bytes()
}

/// Returns records as rows of the table. What spreadsheets would take for a formula is made plain text.
pub(super) fn rows(records: Vec<Record>) -> Vec<u8> {
    let mut rows = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for record in records {
        let RecordBody { id, at, action, subject, event, account, address, before, after } = record.into();
        let json = |value: Value| if value.is_null() { String::new() } else { value.to_string() };
        let (event, account) = (event.unwrap_or_default(), account.unwrap_or_default());
        let cells = [id, at, action, subject, event, account, address, json(before), json(after)];
        let _ = rows.write_record(cells.map(harmless));
    }
    rows.into_inner().unwrap_or_default()
}

/// Returns a cell's text as no spreadsheet takes it for a formula: with an apostrophe before what could begin one
/// (OWASP, "CSV Injection").
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sync_protocol::time::UnixMillis;

    use super::*;

    fn record(subject: &str) -> Record {
        Record {
            id: [1; 16],
            event: None,
            account: None,
            address: "192.0.2.1".to_owned(),
            action: "venue.create".to_owned(),
            subject: subject.to_owned(),
            before: Value::Null,
            after: json!({ "name": "Hall, \"big\"" }),
            at: UnixMillis(0),
        }
    }

    #[test]
    fn a_row_holds_no_formula_and_quotes_what_must_be_quoted() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            let rows = String::from_utf8(rows(vec![record(formula)])).unwrap();
            let read = csv::ReaderBuilder::new().has_headers(false).from_reader(rows.as_bytes()).into_records().next();
            let read = read.unwrap().unwrap();
            assert_eq!(&read[3], format!("'{formula}"));
            assert_eq!((&read[4], &read[8]), ("", "{\"name\":\"Hall, \\\"big\\\"\"}"));
        }
    }

    #[test]
    fn each_line_is_one_record_whatever_it_holds() {
        let lines = String::from_utf8(lines(vec![record("a\nb"), record("c")])).unwrap();
        let read: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((read.len(), &read[0]["subject"], &read[0]["before"]), (2, &json!("a\nb"), &Value::Null));
    }
}
