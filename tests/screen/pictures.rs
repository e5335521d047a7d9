//! The door's eyes on the screen: pictures like a camera's, and no camera.

use harness::frames;
use harness::process::PATIENCE;

use crate::seen::steady;
use crate::venue::Venue;

#[tokio::test]
async fn pictures_are_read_and_decided_without_a_key_at_any_size() {
    let venue = Venue::open(&["Ada Lovelace", "Carla Cancelled"]).await;
    let folder = tempfile::tempdir().unwrap();
    for (number, guest) in ["Ada Lovelace", "Carla Cancelled"].into_iter().enumerate() {
        let name = |at: usize| folder.path().join(format!("{number}{at}.png"));
        frames::clean(&venue.codes[guest]).save(name(0)).unwrap();
        frames::without_code(7).save(name(1)).unwrap();
    }
    let folder = folder.path().to_string_lossy().into_owned();
    let mut door = venue.door(&["--offline", "--replay", &folder, "--fps", "2"], (80, 24));

    door.wait_for("was cancelled", PATIENCE).unwrap();
    let screen = door.text();
    assert!(screen.contains("Ada Lovelace"), "{screen}");
    for (columns, rows) in [(60, 20), (40, 10), (200, 60), (80, 24)] {
        door.resize(columns, rows).unwrap();
        let fits = |screen: &str| {
            let longest = screen.lines().map(|line| line.chars().count()).max();
            screen.contains("cancelled") && longest.is_some_and(|longest| longest + 24 > usize::from(columns))
        };
        door.wait_until(&format!("the verdict at {columns}x{rows}"), PATIENCE, fits).unwrap();
        insta::assert_snapshot!(format!("resized_{columns}x{rows}"), steady(&door));
    }
}

#[tokio::test]
async fn without_a_camera_the_screen_says_what_to_do() {
    let venue = Venue::open(&[]).await;

    let door = venue.door(&["--offline", "--camera", "a camera nobody has"], (80, 24));

    door.wait_for("✖ No camera", PATIENCE).unwrap();
    door.wait_for("press t to type the code", PATIENCE).unwrap();
    door.wait_for("Ready for the next guest", PATIENCE).unwrap();
}
