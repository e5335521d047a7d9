//! The feed as terminals see it: pages, heads, snapshots.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use harness::device::{Device, now, refusal};
use harness::organiser::Organiser;
use harness::{on_both_databases, postgres};
use serde_json::json;
use sync_protocol::feed::head::SIGNED_HEAD_BYTES;
use sync_protocol::feed::pull::Position;
use sync_protocol::feed::snapshot::{CHUNK_UNPACKED_BYTES_MAX, Manifest, SignedManifest};
use sync_protocol::feed::{Entity, Form, Head, Kind, Record, SignedHead};
use sync_protocol::id::{FeedSeq, TicketId};
use sync_protocol::sync::message::{decode_feed_answer, head_etag};

use crate::doors::Doors;
use crate::served::{PASSWORD, Served};

async fn manifest(device: &Device) -> Manifest {
    let response = device.get(&device.in_event("/snapshot")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    SignedManifest::from_bytes(&response.bytes().await.unwrap()).unwrap().open(&device.server_key).unwrap()
}

/// Fetches and checks every chunk.
async fn records(device: &Device, manifest: &Manifest) -> Vec<Record> {
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

/// The newest record of everything.
fn newest(records: impl IntoIterator<Item = Record>) -> BTreeMap<(Kind, Entity), Record> {
    records.into_iter().map(|record| ((record.kind, record.entity), record)).collect()
}

async fn head(device: &Device) -> Head {
    let response = device.get(&device.in_event("/head")).send().await.unwrap();
    SignedHead::from_bytes(&response.bytes().await.unwrap()).unwrap().open(&device.server_key).unwrap()
}

on_both_databases! {
    async fn pages_of_any_length_add_up_to_what_the_head_says(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 25).await;
        let device = doors.device("Left").await;

        let whole = device.pull(device.beginning(), 10_000).await.unwrap();
        let small = device.pull(device.beginning(), 4).await.unwrap();

        assert_eq!(whole.records, small.records);
        assert_eq!(whole.position.point, head(&device).await.point());
        let tickets = whole.records.iter().filter(|record| record.kind == Kind::Ticket).count();
        assert_eq!(tickets, 25);
        let more = device.pull(whole.position, 10).await.unwrap();
        assert!(more.records.is_empty());
    }

    async fn what_a_later_entry_replaces_comes_as_its_tag(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 3).await;
        let device = doors.device("Left").await;
        let ticket = TicketId::from_typed_code(&doors.tickets[1]).unwrap();
        doors.olga.change_ticket(&doors.event, &doors.tickets[1], "reissue").await.unwrap();

        let (records, _) = device.page("after=0").await.unwrap();

        let of_ticket: Vec<&Record> = records.iter().filter(|r| r.entity == Entity::ticket(ticket)).collect();
        assert!(matches!(of_ticket[..], [Record { form: Form::Tag(_), .. }, Record { form: Form::Body(_), .. }]));
        assert_eq!(records.iter().filter(|record| matches!(record.form, Form::Tag(_))).count(), 1);
        device.pull(device.beginning(), 2).await.unwrap();
    }

    async fn a_head_is_fresh_signed_and_not_sent_twice(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let device = doors.device("Left").await;
        let path = device.in_event("/head");

        let response = device.get(&path).send().await.unwrap();
        let etag = response.headers()["etag"].to_str().unwrap().to_owned();
        let body = response.bytes().await.unwrap();
        assert_eq!(body.len(), SIGNED_HEAD_BYTES);
        let head = SignedHead::from_bytes(&body).unwrap().open(&device.server_key).unwrap();
        assert_eq!(etag, head_etag(head.feed, head.seq));
        assert!(now().since(head.time) < 60_000);
        assert_eq!(head.valid_until, head.time.plus(600_000));

        let again = device.get(&path).header("if-none-match", &etag).send().await.unwrap();
        assert_eq!((again.status().as_u16(), again.headers()["etag"].to_str().unwrap()), (304, etag.as_str()));
        doors.olga.change_ticket(&doors.event, &doors.tickets[0], "block").await.unwrap();
        assert_eq!(device.get(&path).header("if-none-match", &etag).send().await.unwrap().status(), 200);
    }

    async fn a_long_poll_wakes_as_soon_as_somebody_registers(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let device = doors.device("Left").await;
        let held = device.pull(device.beginning(), 1_000).await.unwrap().position;

        let waiting = tokio::spawn({
            let device = device.clone();
            async move {
                let answer = device.page(&format!("after={}&wait=25", held.point.seq)).await.unwrap();
                (answer, Instant::now())
            }
        });
        // Long enough for the request to be waiting; if it is not yet, the answer is the same.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!waiting.is_finished());
        let body = json!({ "name": "Ada Lovelace", "ticket_type": "Regular" });
        doors.olga.register(&doors.event, &body).await.unwrap();
        let registered = Instant::now();

        let ((records, _), woken) = waiting.await.unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].kind, Kind::Ticket);
        assert!(woken.saturating_duration_since(registered) < Duration::from_secs(5));

        let begun = Instant::now();
        let (none, _) = device.page(&format!("after={}&wait=1", records[0].seq)).await.unwrap();
        assert!(none.is_empty() && begun.elapsed() >= Duration::from_millis(950));
    }

    async fn a_waiting_request_ends_when_the_server_stops(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let device = doors.device("Left").await;
        let held = device.pull(device.beginning(), 1_000).await.unwrap().position.point.seq;
        let waiting = tokio::spawn({
            let device = device.clone();
            async move { device.page(&format!("after={held}&wait=25")).await }
        });
        tokio::time::sleep(Duration::from_millis(200)).await;

        let begun = Instant::now();
        served.app.begin_shutdown();
        assert!(waiting.await.unwrap().unwrap().0.is_empty());
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    async fn a_page_is_packed_for_those_who_can_unpack_it(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 200).await;
        let device = doors.device("Left").await;
        let path = device.in_event("/feed?after=0");

        let plain = device.get(&path).send().await.unwrap();
        assert!(plain.headers().get("content-encoding").is_none());
        let plain = plain.bytes().await.unwrap();
        let packed = device.get(&path).header("accept-encoding", "zstd").send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "zstd");
        let packed = packed.bytes().await.unwrap();
        assert!(packed.len() < plain.len());
        let unpacked = zstd::bulk::decompress(&packed, 1 << 20).unwrap();
        assert_eq!(decode_feed_answer(&unpacked).unwrap().0, decode_feed_answer(&plain).unwrap().0);
    }

    async fn a_snapshot_and_the_feed_after_it_are_the_whole_feed(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 40).await;
        let device = doors.device("Left").await;
        doors.olga.change_ticket(&doors.event, &doors.tickets[0], "reissue").await.unwrap();

        let manifest = manifest(&device).await;
        assert_eq!(manifest.point(), head(&device).await.point());
        for change in ["block", "unblock", "cancel"] {
            doors.olga.change_ticket(&doors.event, &doors.tickets[1], change).await.unwrap();
        }
        // It still serves: what came since is little.
        assert_eq!(self::manifest(&device).await, manifest);

        let mut state = newest(records(&device, &manifest).await);
        assert_eq!(state.len() as u64, manifest.rows);
        let position = Position { point: manifest.point(), ..device.beginning() };
        state.extend(newest(device.pull(position, 2).await.unwrap().records));
        let whole = newest(device.pull(device.beginning(), 1_000).await.unwrap().records);
        assert_eq!(state, whole);
    }

    async fn a_chunk_is_immutable_and_comes_in_parts(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 10).await;
        let device = doors.device("Left").await;
        let name = manifest(&device).await.chunks[0];
        let path = device.in_event(&format!("/chunks/{}", hex::encode(name.hash)));

        let whole = device.get(&path).send().await.unwrap();
        let etag = whole.headers()["etag"].to_str().unwrap().to_owned();
        assert_eq!(etag, format!("\"{}\"", hex::encode(name.hash)));
        assert!(whole.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        assert_eq!(whole.headers()["accept-ranges"], "bytes");
        let whole = whole.bytes().await.unwrap();

        let (first, rest) = (device.get(&path).header("range", "bytes=0-9"), device.get(&path).header("range", "bytes=10-"));
        let (first, rest) = (first.send().await.unwrap(), rest.send().await.unwrap());
        assert_eq!((first.status().as_u16(), rest.status().as_u16()), (206, 206));
        assert_eq!(first.headers()["content-range"].to_str().unwrap(), format!("bytes 0-9/{}", whole.len()));
        assert_eq!([first.bytes().await.unwrap(), rest.bytes().await.unwrap()].concat(), whole);
        let beyond = device.get(&path).header("range", format!("bytes={}-", whole.len())).send().await.unwrap();
        assert_eq!(beyond.status(), 416);
        assert_eq!(device.get(&path).header("if-none-match", &etag).send().await.unwrap().status(), 304);

        let unknown = device.in_event(&format!("/chunks/{}", "0".repeat(64)));
        let (status, code, _) = refusal(device.get(&unknown).send().await.unwrap()).await.unwrap();
        assert_eq!((status, code.as_str()), (404, "NOT_FOUND"));
    }

    async fn a_query_that_makes_no_sense_is_refused(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 0).await;
        let device = doors.device("Left").await;

        for query in ["after=x", "after=-1", "max=99999999999", "wait=soon", "colour=red"] {
            let response = device.get(&device.in_event(&format!("/feed?{query}"))).send().await.unwrap();
            let (status, code, _) = refusal(response).await.unwrap();
            assert_eq!((status, code.as_str()), (400, "MALFORMED"), "{query}");
        }
        // Who holds more than there is learns where the feed ends.
        let (records, head) = device.page("after=999&wait=25").await.unwrap();
        assert!(records.is_empty());
        assert!(head.open(&device.server_key).unwrap().seq < FeedSeq(999));
    }
}

#[test]
fn a_long_poll_at_one_server_wakes_for_what_happens_at_another() {
    harness::databases::run_on_postgres(async |url: String| {
        let (one, two) = tokio::join!(Served::start(&url), Served::start(&url));
        let doors = Doors::open(&one, 0).await;
        let device = doors.device("Left").await;
        let held = device.pull(device.beginning(), 100).await.unwrap().position.point.seq;
        let at_two = Organiser::log_in(&two.url, "olga@example.org", PASSWORD).await.unwrap();

        let waiting = tokio::spawn(async move { device.page(&format!("after={held}&wait=25")).await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        let begun = Instant::now();
        at_two.register(&doors.event, &json!({ "name": "Ada", "ticket_type": "Regular" })).await.unwrap();

        assert_eq!(waiting.await.unwrap().unwrap().0.len(), 1);
        assert!(begun.elapsed() < Duration::from_secs(10));
    });
}

#[test]
fn a_snapshot_that_one_server_made_is_served_by_another() {
    let database = postgres::database();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (one, two) = tokio::join!(Served::start(&database.url), Served::start(&database.url));
        let doors = Doors::open(&one, 20).await;
        let device = doors.device("Left").await;

        let made = manifest(&device).await;

        let device = device.at(&two.url);
        assert_eq!(manifest(&device).await, made);
        assert_eq!(records(&device, &made).await.len() as u64, made.rows);
    });
}
