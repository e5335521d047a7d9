//! What business changes leave in the feed.

use std::net::IpAddr;

use harness::on_both_databases;
use serde_json::json;
use sqlx::Row as _;
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::record::tag;
use sync_protocol::feed::{Body, Entity, Header, Kind};
use sync_protocol::id::{EventId, FeedId, FeedSeq};
use sync_protocol::verdict::TicketStatus;
use usher_server::accounts::{self, Organiser, password::Password};
use usher_server::app::{App, Settings};
use usher_server::db::Database;
use usher_server::events::{self, About, Event, Offer};
use usher_server::registrations::{self, Afterwards, Raw};
use usher_server::seal::MasterKey;
use usher_server::sync::feed::BODY_KEY_PLACE;
use usher_server::tickets::{self, Change};

on_both_databases! {
    async fn every_change_is_one_entry_and_the_chain_holds(url: String) {
        let (app, organiser, event) = world(&url).await;
        let raw = Raw { name: "Ada Lovelace", note: "ramp", attention: true, ..Raw::default() };
        let new = vec![raw.check(&event).unwrap(), Raw { name: "Bob", ..raw }.check(&event).unwrap()];
        let registered = registrations::register(&app, organiser, &event, new, Afterwards::Rest).await.unwrap();
        let ada = registered[0].1.id;
        for change in [Change::Block, Change::Block, Change::Unblock, Change::Reissue, Change::Cancel, Change::Cancel] {
            tickets::change(&app, organiser, &event, ada, change, String::new()).await.unwrap();
        }

        let entries = checked_feed(&app, event.id).await;

        let kinds: Vec<Kind> = entries.iter().map(|(kind, ..)| *kind).collect();
        assert_eq!(kinds[..2], [Kind::Policy, Kind::Key]);
        assert_eq!(kinds.len(), 2 + 2 + 4);
        let rows: Vec<_> = entries
            .iter()
            .filter_map(|(kind, entity, body)| match Body::decode(*kind, *entity, body).unwrap() {
                Body::Ticket { ticket, ticket_row } if ticket == ada => Some(ticket_row),
                _ => None,
            })
            .collect();
        let told: Vec<_> = rows.iter().map(|row| (row.row.issue.0, row.row.status)).collect();
        assert_eq!(
            told,
            [
                (3, TicketStatus::Valid),
                (3, TicketStatus::Blocked),
                (3, TicketStatus::Valid),
                (7, TicketStatus::Valid),
                (7, TicketStatus::Cancelled),
            ]
        );
        assert!(rows.iter().all(|row| row.name == "Ada Lovelace" && row.note == "ramp" && row.row.attention));
    }

    async fn many_at_once_leave_no_gap_and_no_fork(url: String) {
        let (app, organiser, event) = world(&url).await;
        let mut sales = tokio::task::JoinSet::new();
        for number in 0..30 {
            let (app, event) = (app.clone(), event.clone());
            sales.spawn(async move {
                let name = format!("Guest {number}");
                let new = Raw { name: &name, ..Raw::default() }.check(&event).unwrap();
                registrations::register(&app, organiser, &event, vec![new; number % 3 + 1], Afterwards::Rest).await.unwrap();
            });
        }
        sales.join_all().await;

        assert_eq!(checked_feed(&app, event.id).await.len(), 2 + 60);
    }
}

async fn world(url: &str) -> (App, Organiser, Event) {
    let database = Database::open(url).await.unwrap();
    database.migrate().await.unwrap();
    let app = App::open(database, &MasterKey::new([7; 32]), Settings::default()).await.unwrap();
    let password = Password::new("a long enough passphrase".to_owned());
    let account = accounts::create(&app, "olga@example.org", "", "Example", password).await.unwrap();
    let organiser = Organiser {
        account: account.id,
        organisation: account.memberships[0].organisation,
        role: account.memberships[0].role,
        address: IpAddr::from([127, 0, 0, 1]),
    };
    let policy = json!({
        "event": "RustConf", "time_zone": "UTC", "starts": 0, "ends": 1000,
        "zones": [{ "id": 0, "name": "Hall" }], "gates": [{ "id": 0, "name": "Main", "zone": 0 }],
        "classes": [{ "id": 0, "name": "Regular" }],
    });
    let policy = serde_json::from_value(policy).unwrap();
    let event = events::create(&app, organiser, policy, Offer::default(), About::default(), Vec::new()).await.unwrap();
    (app, organiser, event)
}

/// Reads the whole feed, checking numbers, tags and chain against its counter.
async fn checked_feed(app: &App, event: EventId) -> Vec<(Kind, Entity, Vec<u8>)> {
    let mut tx = app.database().begin_read().await.unwrap();
    let feed = sqlx::query("SELECT feed_id, seq, chain, body_key FROM feeds WHERE event_id = $1")
        .bind(&event.0[..])
        .fetch_one(tx.connection())
        .await
        .unwrap();
    let body_key = app.sealer().open_key(BODY_KEY_PLACE, &event.0, &feed.get::<Vec<u8>, _>("body_key")).unwrap();
    let mut point = ChainPoint::start(event, FeedId(feed.get::<Vec<u8>, _>("feed_id").try_into().unwrap()));
    let rows = sqlx::query("SELECT seq, kind, entity, tag, body FROM feed_entries WHERE event_id = $1 ORDER BY seq")
        .bind(&event.0[..])
        .fetch_all(tx.connection())
        .await
        .unwrap();
    let mut entries = Vec::new();
    for row in rows {
        let header = Header {
            seq: FeedSeq(row.get::<i64, _>("seq") as u64),
            kind: Kind::from_u8(row.get::<i64, _>("kind") as u8).unwrap(),
            entity: Entity(row.get::<Vec<u8>, _>("entity").try_into().unwrap()),
            tag: row.get::<Vec<u8>, _>("tag").try_into().unwrap(),
        };
        let body: Vec<u8> = row.get("body");
        assert_eq!(header.seq, point.seq.next());
        assert_eq!(header.tag, tag(&body_key, &body));
        point = point.after(&header);
        entries.push((header.kind, header.entity, body));
    }
    assert_eq!(point.seq, FeedSeq(feed.get::<i64, _>("seq") as u64));
    assert_eq!(point.value.to_vec(), feed.get::<Vec<u8>, _>("chain"));
    entries
}
