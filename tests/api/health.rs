//! How terminals are, as they tell it and as organisers see it.

use harness::device::{Device, now};
use harness::on_both_databases;
use serde_json::{Value, json};
use sync_protocol::sync::health::{CameraHealth, Health, Percent, Power, ProgramVersion};
use sync_protocol::time::UnixMillis;
use usher_server::clock::Clock;

use crate::doors::Doors;
use crate::served::Served;

/// A terminal whose list was checked at `list_at`.
pub(crate) fn health(list_at: UnixMillis) -> Health {
    Health {
        list_at: Some(list_at),
        unsent: 2,
        offset_ms: -180,
        uncertainty_ms: 40,
        power: Power::Charging(Percent::new(81)),
        camera: CameraHealth::Pictures,
        version: ProgramVersion::new("0.1.0").unwrap(),
    }
}

/// Tells the server how `device` is, beside a question for the feed.
pub(crate) async fn tell(device: &Device, health: &Health) {
    device.page(&format!("after=0&health={}", hex::encode(health.encode()))).await.unwrap();
}

/// The `health` that organisers see, as soon as it is as wanted: it is noted beside the answer.
pub(crate) async fn shown(doors: &Doors, device: &Device, is_wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        let shown = doors.get(&format!("devices/{}", device.id)).await;
        if is_wanted(&shown["health"]) {
            return shown["health"].clone();
        }
    }
}

on_both_databases! {
    async fn an_organiser_sees_how_a_terminal_says_that_it_is(url: String) {
        let clock = Clock::fixed(now());
        let served = Served::start_at(&url, clock.clone()).await;
        let doors = Doors::open(&served, 0).await;
        let device = doors.device("Left").await;
        assert_eq!(doors.list("devices").await[0]["health"], json!(null));

        tell(&device, &health(clock.now().minus(24_115))).await;

        let told = shown(&doors, &device, Value::is_object).await;
        assert_eq!((&told["concerns"], &told["list_age_ms"], &told["unsent"]), (&json!([]), &json!(24_115), &json!(2)));
        assert_eq!((&told["clock_offset_ms"], &told["clock_uncertainty_ms"]), (&json!(-180), &json!(40)));
        assert_eq!((&told["battery_percent"], &told["is_on_mains"]), (&json!(81), &json!(true)));
        assert_eq!((&told["camera"], &told["version"]), (&json!("pictures"), &json!("0.1.0")));
        assert_eq!(doors.list("devices").await[0]["health"], told);
    }

    async fn a_door_that_needs_somebody_is_seen_at_one_glance(url: String) {
        let clock = Clock::fixed(now());
        let served = Served::start_at(&url, clock.clone()).await;
        let doors = Doors::open(&served, 0).await;
        let (well, ill, old) = (doors.device("Well").await, doors.device("Ill").await, doors.device("Old").await);

        tell(&well, &health(clock.now())).await;
        let stale = health(clock.now().minus(121_000));
        tell(&ill, &Health { unsent: 101, power: Power::Draining(Percent::new(19)), ..stale }).await;
        old.page("after=0").await.unwrap();
        shown(&doors, &well, Value::is_object).await;
        shown(&doors, &ill, Value::is_object).await;

        let listed = doors.list("devices").await;
        let concerns = |name: &str| {
            listed.iter().find(|device| device["name"] == name).unwrap()["health"]["concerns"].clone()
        };
        assert_eq!(concerns("Well"), json!([]));
        assert_eq!(concerns("Ill"), json!(["list_stale", "many_unsent", "battery_low"]));
        assert_eq!(concerns("Old"), json!(null));

        clock.set(clock.now().plus(120_001));
        assert_eq!(shown(&doors, &well, Value::is_object).await["concerns"], json!(["silent"]));
        // One that is no door any more needs nobody.
        doors.change(&well, "revoke").await.unwrap();
        assert_eq!(shown(&doors, &well, Value::is_object).await["concerns"], json!([]));
    }

    async fn the_newest_report_counts_and_one_in_a_few_seconds_is_enough(url: String) {
        let clock = Clock::fixed(now());
        let served = Served::start_at(&url, clock.clone()).await;
        let doors = Doors::open(&served, 0).await;
        let device = doors.device("Left").await;
        let with = |unsent| Health { unsent, ..health(clock.now()) };

        tell(&device, &with(1)).await;
        shown(&doors, &device, |health| health["unsent"] == 1).await;
        clock.set(clock.now().plus(4_999));
        tell(&device, &with(2)).await;
        clock.set(clock.now().plus(1));
        tell(&device, &with(3)).await;

        // Had the second one been kept, the third would have come too early.
        shown(&doors, &device, |health| health["unsent"] == 3).await;
    }

    async fn what_a_terminal_says_in_words_of_another_version_keeps_it_from_nothing(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let device = doors.device("Left").await;
        let mut newer = health(now()).encode();
        newer[0] = 2;

        for words in [hex::encode(newer), "00".repeat(5_000), "not+hexadecimal".to_owned(), String::new()] {
            let (records, _) = device.page(&format!("after=0&health={words}")).await.unwrap();
            assert!(!records.is_empty());
        }

        tell(&device, &health(now())).await;
        assert_eq!(shown(&doors, &device, Value::is_object).await["unsent"], 2);
    }
}
