//! Looking through all that is stored, however it is stored.

use harness::device::Device;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use sync_protocol::feed::Record;
use sync_protocol::feed::snapshot::{CHUNK_UNPACKED_BYTES_MAX, SignedManifest};
use sync_protocol::journal::Entry;
use sync_protocol::journal::chain::entry_hash;
use usher_server::db::{Dialect, Tx};

use crate::served::Served;

/// The places where one of `signs` stands: in any column of any table, in what is sealed, and in what is packed.
pub(crate) async fn found_anywhere(served: &Served, signs: &[&str]) -> Vec<String> {
    let mut tx = served.app.database().begin_read().await.unwrap();
    let mut found = Vec::new();
    for (table, column, is_text) in columns(&mut tx).await {
        for sign in signs {
            let within = match (tx.dialect(), is_text) {
                (Dialect::Sqlite, _) => format!("instr(CAST({column} AS BLOB), CAST($1 AS BLOB)) > 0"),
                (Dialect::Postgres, true) => format!("position($1 in {column}) > 0"),
                (Dialect::Postgres, false) => format!("position(convert_to($1, 'UTF8') in {column}) > 0"),
            };
            let text = format!("SELECT COUNT(*) FROM {table} WHERE {within}");
            let query = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(text)).bind(*sign);
            let count = query.fetch_one(tx.connection()).await.unwrap();
            if count > 0 {
                found.push(format!("{table}.{column}: {sign}, {count} times"));
            }
        }
    }
    for (place, bytes) in hidden(served, &mut tx).await {
        let text = String::from_utf8_lossy(&bytes);
        found.extend(signs.iter().filter(|sign| text.contains(**sign)).map(|sign| format!("{place}: {sign}")));
    }
    found
}

/// Every column that holds text or bytes, and whether it is text.
async fn columns(tx: &mut Tx) -> Vec<(String, String, bool)> {
    let text = match tx.dialect() {
        Dialect::Sqlite => {
            "SELECT m.name AS t, c.name AS c, c.type AS k FROM sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '_sqlx%'"
        }
        Dialect::Postgres => {
            "SELECT c.table_name::text AS t, c.column_name::text AS c, c.data_type::text AS k
             FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE t.table_type = 'BASE TABLE' AND c.table_schema = current_schema() AND c.table_name NOT LIKE '\\_sqlx%'"
        }
    };
    let rows: Vec<AnyRow> = sqlx::query(text).fetch_all(tx.connection()).await.unwrap();
    let held: Vec<(String, String, bool)> = rows
        .iter()
        .map(|row| (row.get::<String, _>("t"), row.get::<String, _>("c"), row.get::<String, _>("k").to_uppercase()))
        .filter(|(_, _, kind)| ["TEXT", "BLOB", "BYTEA"].contains(&kind.as_str()))
        .map(|(table, column, kind)| (table, column, kind == "TEXT"))
        .collect();
    assert!(held.len() > 80, "too few columns to be all: {held:?}");
    held
}

/// What lies sealed or packed, opened.
async fn hidden(served: &Served, tx: &mut Tx) -> Vec<(&'static str, Vec<u8>)> {
    let mut hidden = Vec::new();
    let letters = sqlx::query("SELECT id, content FROM mails WHERE content IS NOT NULL");
    for row in letters.fetch_all(tx.connection()).await.unwrap() {
        let (id, sealed): (Vec<u8>, Vec<u8>) = (row.get("id"), row.get("content"));
        hidden.push(("letter", served.app.sealer().open("mails.content", &id, &sealed).unwrap().to_vec()));
    }
    let answers = sqlx::query("SELECT scope, idempotency_key, answer FROM requests WHERE answer IS NOT NULL");
    for row in answers.fetch_all(tx.connection()).await.unwrap() {
        let (scope, key, sealed): (Vec<u8>, String, Vec<u8>) =
            (row.get("scope"), row.get("idempotency_key"), row.get("answer"));
        let place = [scope, key.into_bytes()].concat();
        let opened = served.app.sealer().open("requests.answer", &place, &sealed).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&opened).unwrap();
        let body = answer["body"].as_str().unwrap();
        hidden.push(("answer", base64::Engine::decode(&base64::prelude::BASE64_STANDARD, body).unwrap()));
    }
    for row in sqlx::query("SELECT packed FROM snapshot_chunks").fetch_all(tx.connection()).await.unwrap() {
        let packed: Vec<u8> = row.get("packed");
        hidden.push(("snapshot", zstd::bulk::decompress(&packed, CHUNK_UNPACKED_BYTES_MAX).unwrap()));
    }
    hidden
}

/// Checks that every journal that is held is an unbroken chain.
pub(crate) async fn journals_verify(served: &Served) {
    let mut tx = served.app.database().begin_read().await.unwrap();
    let rows = sqlx::query("SELECT device_id, seq, entry, hash FROM journal_entries ORDER BY device_id, seq");
    let rows = rows.fetch_all(tx.connection()).await.unwrap();
    assert!(!rows.is_empty());
    let mut last: Option<(Vec<u8>, [u8; 32])> = None;
    for row in rows {
        let (device, bytes): (Vec<u8>, Vec<u8>) = (row.get("device_id"), row.get("entry"));
        let hash = entry_hash(&bytes);
        assert_eq!(hash.to_vec(), row.get::<Vec<u8>, _>("hash"));
        let entry = Entry::decode(&bytes).unwrap();
        if let Some((_, before)) = last.filter(|(of, _)| *of == device) {
            assert_eq!(entry.prev, before);
        }
        last = Some((device, hash));
    }
}

/// Fetches and checks an event's snapshot, as a device does that was sent to it.
pub(crate) async fn snapshot(device: &Device) -> Vec<Record> {
    let response = device.get(&device.in_event("/snapshot")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let manifest = SignedManifest::from_bytes(&response.bytes().await.unwrap()).unwrap();
    let manifest = manifest.open(&device.server_key).unwrap();
    let mut records = Vec::new();
    for name in &manifest.chunks {
        let path = device.in_event(&format!("/chunks/{}", hex::encode(name.hash)));
        let packed = device.get(&path).send().await.unwrap().bytes().await.unwrap();
        name.check(&packed).unwrap();
        let unpacked = zstd::bulk::decompress(&packed, CHUNK_UNPACKED_BYTES_MAX).unwrap();
        records.extend(name.records(&unpacked).unwrap());
    }
    records
}
