//! Whoever looks after the doors sees how each of them is.

use harness::organiser::eventually;
use harness::process::{PATIENCE, Server};
use serde_json::Value;

use crate::venue::{LEFT, Venue, is_in_step};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organiser_sees_how_a_terminal_at_the_door_is() {
    let server = Server::start().unwrap();
    let venue = Venue::open(&server, 5).await;
    let terminal = venue.enrol_by_picture(LEFT).await;
    let mut door = terminal.headless(&["--no-camera"]).unwrap();
    door.present(&venue.tickets[0]).unwrap();
    door.wait_for(is_in_step).unwrap();

    let look = async || Ok(venue.device(LEFT).await["health"].clone());
    let health = eventually(PATIENCE, look, |health: &Value| health["list_at"].is_string()).await.unwrap();

    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(health["camera"], "unused");
    // Server and terminal have one clock here.
    assert!(health["clock_offset_ms"].as_i64().unwrap().abs() < 5_000, "{health}");
    assert!(health["unsent"].as_u64().unwrap() <= 5, "{health}");
    let concerns = health["concerns"].as_array().unwrap();
    assert!(concerns.iter().all(|concern| concern == "battery_low"), "{health}");
    assert!(door.process.stop().unwrap().success());
}
