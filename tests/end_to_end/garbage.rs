//! Whatever a scanner sends: a verdict or nothing, and the door goes on.

use harness::process::Server;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::venue::{LEFT, Venue, is_admitted};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_that_is_fed_garbage_admits_nobody_by_it_and_goes_on() {
    let server = Server::start().unwrap();
    let venue = Venue::open(&server, 10).await;
    let terminal = venue.enrol_by_picture(LEFT).await;
    let genuine = venue.credential(&venue.tickets[0]).await;
    let mut random = StdRng::seed_from_u64(22);
    let mut door = terminal.headless(&["--no-camera", "--offline"]).unwrap();

    for _ in 0..8 {
        let mut garbage = Vec::new();
        for _ in 0..60 {
            garbage.extend(line(&genuine, &venue.tickets[1], &mut random));
            garbage.push(b'\n');
        }
        door.process.write(&garbage).unwrap();
    }
    door.process.write_line(&genuine).unwrap();
    let seen = door.wait_for(|report| is_admitted(&report)).unwrap();
    assert_eq!(seen["ticket"].as_str(), Some(venue.tickets[0].as_str()));
    let admitted = door.seen.iter().filter(is_admitted).count();
    assert_eq!(admitted, 1, "somebody came in by garbage");
    assert!(door.seen.iter().all(|report| report["type"] != "fault"));
    assert!(door.seen.iter().filter(|report| report["type"] == "verdict").count() > 200);
    assert!(door.process.is_running());
    door.process.close_input();
    assert!(door.process.stop().unwrap().success());
    assert!(!door.process.log().contains("panicked"), "{}", door.process.log());
    terminal.run(&["journal", "verify"]).unwrap().success().unwrap();
}

/// A line that is no ticket, without its end.
fn line(genuine: &str, code: &str, random: &mut StdRng) -> Vec<u8> {
    let mut bytes = match random.random_range(0..7) {
        // Any bytes.
        0 => (0..random.random_range(0..400)).map(|_| random.random()).collect(),
        // Far too long.
        1 => vec![b'A'; random.random_range(480..70_000)],
        // A credential with a character changed, cut off, or more behind it.
        2 | 3 => {
            let mut text = genuine.as_bytes().to_vec();
            let at = random.random_range(0..text.len());
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            text
        }
        4 => genuine.as_bytes()[..random.random_range(1..genuine.len())].to_vec(),
        5 => genuine.repeat(random.random_range(2..4)).into_bytes(),
        // A typed code with a character changed.
        _ => {
            let mut text = code.as_bytes().to_vec();
            let at = random.random_range(0..text.len());
            text[at] = if text[at] == b'7' { b'8' } else { b'7' };
            text
        }
    };
    bytes.retain(|byte| *byte != b'\n');
    bytes
}
