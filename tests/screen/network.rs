//! What the screen says about the network, the organiser's decisions, and without colours.

use harness::organiser::eventually;
use harness::process::PATIENCE;
use harness::pty::Screen;

use crate::seen::{in_colour, steady};
use crate::venue::Venue;
use crate::verdicts::scan;

#[tokio::test]
async fn the_status_line_follows_the_network_until_the_terminal_is_revoked() {
    let mut venue = Venue::open(&["Ada Lovelace", "Bo Diddley", "Cy Young"]).await;
    let mut door = venue.door(&["--no-camera"], (80, 24));
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    insta::assert_snapshot!("online_80x24", steady(&door));

    venue.server.stop().unwrap();
    let screen = door.wait_for("○ OFFLINE since", PATIENCE).unwrap();
    assert!(screen.contains("to send 0"), "{screen}");
    scan(&mut door, &venue.codes["Ada Lovelace"]);
    door.wait_for("to send 1", PATIENCE).unwrap();
    scan(&mut door, &venue.codes["Bo Diddley"]);
    door.wait_for("to send 2", PATIENCE).unwrap();
    insta::assert_snapshot!("offline_80x24", steady(&door));

    venue.restart().await;
    door.wait_for("● ONLINE", PATIENCE).unwrap();
    door.wait_for("to send 0", PATIENCE).unwrap();
    let arrived = eventually(PATIENCE, async || venue.organiser.check_ins(&venue.event).await, |all| all.len() == 2);
    arrived.await.unwrap();

    venue.revoke().await;
    door.wait_for("The organiser took", PATIENCE).unwrap();
    insta::assert_snapshot!("revoked_80x24", in_colour(&door));
    scan(&mut door, &venue.codes["Cy Young"]);
    door.resize(200, 60).unwrap();
    door.wait_until("the wider frame", PATIENCE, |screen| screen.lines().any(|line| line.chars().count() == 200))
        .unwrap();
    insta::assert_snapshot!("revoked_200x60", in_colour(&door));
}

#[tokio::test]
async fn without_colours_a_verdict_is_as_clear() {
    let venue = Venue::open(&["Ada Lovelace", "Carla Cancelled"]).await;
    let mut command = venue.terminal.command().unwrap();
    command.args(["--no-camera", "--offline"]).env("NO_COLOR", "1");
    let mut door = Screen::start(&command, 80, 24).unwrap();
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();

    for (guest, wanted) in [("Ada Lovelace", "Ada Lovelace"), ("Carla Cancelled", "was cancelled")] {
        scan(&mut door, &venue.codes[guest]);
        door.wait_for(wanted, PATIENCE).unwrap();
        let seen = steady(&door);
        let styles = door.styled();
        assert!(!styles.contains(" fg=") && !styles.contains(" bg="), "{styles}");
        insta::assert_snapshot!(format!("no_color_{}_80x24", guest.to_lowercase().replace(' ', "_")), seen);
    }
}
