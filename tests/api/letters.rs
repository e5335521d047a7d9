//! What the server has posted, as whoever receives it would read it.

use serde_json::Value;
use sqlx::Row as _;

use crate::served::Served;

/// The letters to an address, oldest first.
pub(crate) async fn to(served: &Served, recipient: &str) -> Vec<Value> {
    let mut tx = served.app.database().begin_read().await.unwrap();
    let rows = sqlx::query("SELECT id, content FROM mails WHERE recipient = $1 ORDER BY id")
        .bind(recipient)
        .fetch_all(tx.connection())
        .await
        .unwrap();
    let open = |row: &sqlx::any::AnyRow| {
        let (id, sealed): (Vec<u8>, Vec<u8>) = (row.get("id"), row.get("content"));
        let content = served.app.sealer().open("mails.content", &id, &sealed).unwrap();
        serde_json::from_slice(&content).unwrap()
    };
    rows.iter().map(open).collect()
}

/// What the newest letter to an address lets in by.
pub(crate) async fn token_to(served: &Served, recipient: &str) -> String {
    to(served, recipient).await.last().unwrap()["token"].as_str().unwrap().to_owned()
}
