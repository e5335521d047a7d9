//! The store against the frozen file.

use super::*;

fn frozen() -> Value {
    serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap()
}

fn list<'a>(file: &'a Value, name: &str) -> &'a [Value] {
    let elements = file[name].as_array().unwrap_or_else(|| panic!("no list {name}"));
    assert!(!elements.is_empty(), "{name} is empty");
    elements
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap_or_else(|| panic!("{value} is no text"))).unwrap()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn sealer(file: &Value, event: &Value) -> Sealer {
    Sealer::new(EventId(array(event)), &Key::new(array(&file["data_key"])))
}

fn table(number: u64) -> Table {
    let number = u8::try_from(number).unwrap();
    let single = [Table::Journal, Table::State, Table::Enrolment, Table::DeviceKeys, Table::Chunk, Table::Personal];
    let found = single.into_iter().find(|table| table.number() == number);
    found.unwrap_or_else(|| Table::Feed(Kind::from_u8(number).unwrap()))
}

fn code(error: &StoreError) -> &'static str {
    match error {
        StoreError::WrongPassphrase => "PASSPHRASE",
        StoreError::Damaged(Part::Header) => "HEADER",
        StoreError::Damaged(Part::State) => "STATE",
        StoreError::Damaged(Part::List) => "LIST",
        other => panic!("{other}"),
    }
}

#[test]
fn the_file_is_what_is_made_from_the_seeds() {
    let made = text(&file());
    let frozen = std::fs::read_to_string(path()).unwrap_or_default();
    if frozen != made {
        let beside = std::env::temp_dir().join("store.json");
        std::fs::write(&beside, made).unwrap();
        panic!("{} is not what is made now, which lies in {}", path().display(), beside.display());
    }
}

#[test]
fn a_wrapped_key_opens_with_its_passphrase_and_its_header_alone() {
    for case in list(&frozen(), "wrapped_keys") {
        let wrapped = Wrapped { header: bytes(&case["header"]), key: bytes(&case["wrapped"]) };
        let passphrase = case["passphrase"].as_str().unwrap();
        let found = match key::unwrap(&wrapped, passphrase) {
            Err(error) => json!(code(&error)),
            Ok(key) => {
                let header = Header::decode(&wrapped.header).unwrap();
                json!({
                    "event": hex::encode(header.event.0), "memory_kib": header.memory_kib,
                    "passes": header.passes, "salt": hex::encode(header.salt),
                    "key_version": header.key_version, "data_key": hex::encode(*key),
                    "wrapping_key": hex::encode(*key::wrapping_key(&wrapped.header, passphrase).unwrap()),
                })
            }
        };
        assert_eq!(&found, case.get("says").unwrap_or(&case["error"]), "{}", case["name"]);
    }
}

#[test]
fn keys_and_shares_are_those_of_the_file() {
    let file = frozen();
    let sealer = sealer(&file, &file["event"]);
    for info in SUBKEYS {
        let key = key::subkey(&Key::new(array(&file["data_key"])), info.as_bytes());
        assert_eq!(*key, array(&file["subkeys"][info]), "{info}");
    }
    for case in list(&file, "ticket_keys") {
        assert_eq!(sealer.ticket_key(TicketId(number(&case["ticket"]))), array(&case["key"]));
    }
    for case in list(&file, "chunk_keys") {
        assert_eq!(sealer.chunk_key(&array(&case["hash"])), array(&case["key"]));
    }
    for case in list(&file, "shares") {
        let share = sealer.share(table(number(&case["table"])), &array(&case["key"]), number(&case["seq"]));
        assert_eq!(share, array(&case["share"]));
    }
}

#[test]
fn a_row_opens_in_its_own_place_alone() {
    let file = frozen();
    for case in list(&file, "rows") {
        let sealer = sealer(&file, &case["event"]);
        let (table, key, seq) = (table(number(&case["table"])), array(&case["key"]), number(&case["seq"]));
        let sealed = bytes(&case["sealed"]);
        match sealer.open(table, &key, seq, &sealed) {
            Err(_) => assert_eq!(case["error"], "SEAL", "{}", case["name"]),
            Ok(plain) => {
                assert_eq!(plain, bytes(&case["plain"]), "{}", case["name"]);
                let again = sealer.seal_with(&array(&case["nonce"]), table, &key, seq, &plain);
                assert_eq!(again, sealed, "{}", case["name"]);
            }
        }
    }
}

/// Returns a database that holds a state and nothing else.
fn database(revision: &Value, sealed: &Value) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(include_str!("../../../../migrations/terminal/0001_cache.sql")).unwrap();
    let (revision, sealed) = (number(revision).cast_signed(), bytes(sealed));
    connection
        .execute("INSERT INTO state (id, revision, sealed) VALUES (1, ?1, ?2)", params![revision, sealed])
        .unwrap();
    connection
}

#[test]
fn a_state_opens_under_its_own_revision_alone() {
    let file = frozen();
    let sealer = sealer(&file, &file["event"]);
    for case in list(&file, "states") {
        let connection = database(&case["revision"], &case["sealed"]);
        let found = match State::read(&connection, &sealer) {
            Err(error) => json!(code(&error)),
            Ok(state) => state_says(&state),
        };
        assert_eq!(&found, case.get("says").unwrap_or(&case["error"]), "{}", case["name"]);
    }
}

#[test]
fn a_list_opens_with_its_own_state_alone() {
    let file = frozen();
    let sealer = sealer(&file, &file["event"]);
    for case in list(&file, "lists") {
        let connection = database(&case["revision"], &case["state"]);
        for row in case["rows"].as_array().unwrap() {
            let (generation, kind, seq) = (number(&row["generation"]), number(&row["kind"]), number(&row["seq"]));
            connection
                .execute(
                    "INSERT INTO feed_row (generation, kind, key, seq, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![
                        generation.cast_signed(),
                        kind.cast_signed(),
                        bytes(&row["key"]),
                        seq.cast_signed(),
                        bytes(&row["sealed"])
                    ],
                )
                .unwrap();
        }
        let found = open(&connection, &sealer);
        let found = found.map_or_else(|error| json!(code(&error)), Value::Array);
        assert_eq!(&found, case.get("bodies").unwrap_or(&case["error"]), "{}", case["name"]);
    }
}

/// Does what opening a store does with its state and its list, and returns the rows that count.
fn open(connection: &Connection, sealer: &Sealer) -> Result<Vec<Value>, StoreError> {
    let state = State::read(connection, sealer)?;
    let server_key = public_key(&ed25519_dalek::SigningKey::from_bytes(&seed("S")));
    load_list(connection, sealer, &state, server_key, &mut |_, _| {})?;
    let mut bodies = Vec::new();
    rows::for_each(connection, sealer, state.generation, |row| {
        bodies.push(json!({ "entity": hex::encode(row.entity.0), "seq": row.seq.0, "body": hex::encode(row.body) }));
        Ok(())
    })?;
    Ok(bodies)
}
