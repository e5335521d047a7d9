//! The camera's place on the screen: its picture, and what is said when there is none.

use std::time::{Duration, Instant};

use harness::fake_camera::{FakeCamera, Film};
use harness::frames;
use harness::process::PATIENCE;
use harness::pty::Screen;
use image::{GrayImage, Luma};

use crate::venue::Venue;

/// Staff know of a camera that goes or comes within this.
const AT_ONCE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn the_picture_is_drawn_in_blocks_and_p_takes_it_away() {
    let venue = Venue::open(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    quarters().save(folder.path().join("quarters.png")).unwrap();
    let folder = folder.path().to_string_lossy().into_owned();
    for (columns, rows) in [(80, 24), (200, 60)] {
        let arguments = ["--offline", "--replay", &folder, "--fps", "8", "--repeat", "--picture", "blocks"];
        let mut door = venue.door(&arguments, (columns, rows));
        door.wait_for("Ready for the next guest", PATIENCE).unwrap();
        door.wait_for("▀", PATIENCE).unwrap();
        door.wait_for(" fps", PATIENCE).unwrap();

        insta::assert_snapshot!(format!("picture_{columns}x{rows}"), picture(&door));

        door.send("p").unwrap();
        door.wait_until("no picture", PATIENCE, |screen| !screen.contains('▀')).unwrap();
        door.send("p").unwrap();
        door.wait_for("▀", PATIENCE).unwrap();
        door.send("?").unwrap();
        door.wait_for("This help", PATIENCE).unwrap();
    }
}

#[tokio::test]
async fn without_colours_the_picture_is_letters() {
    let venue = Venue::open(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    quarters().save(folder.path().join("quarters.png")).unwrap();
    let folder = folder.path().to_string_lossy().into_owned();
    let arguments = ["--offline", "--replay", &folder, "--fps", "8", "--repeat"];

    let door = venue.door_with(&arguments, (80, 24), |command| {
        command.env("NO_COLOR", "1");
    });

    door.wait_for("....", PATIENCE).unwrap();
    let screen = door.wait_for("%%%%", PATIENCE).unwrap();
    assert!(!screen.contains('▀') && screen.contains("----"), "{screen}");
}

#[tokio::test]
async fn kitty_gets_true_pixels_and_the_cells_stay_free_for_them() {
    let venue = Venue::open(&[]).await;
    let camera = FakeCamera::new(&[quarters()], Film::Yuyv).unwrap();
    let door = venue.door_with(&["--offline"], (80, 24), |command| {
        camera.connect(command.env("KITTY_WINDOW_ID", "1"));
    });

    let screen = door.wait_for(" fps", PATIENCE).unwrap();

    assert!(!screen.contains('▀'), "{screen}");
    door.wait_for("Fake Camera", PATIENCE).unwrap();
}

#[tokio::test]
async fn a_camera_that_is_unplugged_is_told_and_taken_up_again_when_it_returns() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let camera = FakeCamera::new(&[frames::clean(&venue.codes["Ada Lovelace"])], Film::Yuyv)
        .unwrap()
        .with("FAKE_V4L2_UNPLUG_AFTER", "45")
        .with("FAKE_V4L2_REPLUG_MS", "3000");
    let door = venue.door_with(&["--offline", "--picture", "blocks"], (80, 24), |command| camera.connect(command));

    door.wait_for("▀", PATIENCE).unwrap();
    door.wait_for("Ada Lovelace", PATIENCE).unwrap();
    door.wait_for("✖ ", PATIENCE).unwrap();
    let lost = Instant::now();
    let screen = door.wait_for("✖ No camera", AT_ONCE).unwrap();
    assert!(screen.contains("Plug one in") && !screen.contains('▀'), "{screen}");

    // It returns three seconds after it went, and is seen within two.
    door.wait_for("▀", Duration::from_secs(3) + AT_ONCE).unwrap();
    assert!(lost.elapsed() < Duration::from_secs(3) + AT_ONCE);
}

#[tokio::test]
async fn another_size_is_chosen_at_the_open_door_and_again_after_a_restart() {
    let venue = Venue::open(&["Ada Lovelace"]).await;
    let camera = FakeCamera::new(&[frames::clean(&venue.codes["Ada Lovelace"])], Film::Yuyv)
        .unwrap()
        .with("FAKE_V4L2_HALF", "1");
    let mut door = venue.door_with(&["--offline"], (80, 24), |command| camera.connect(command));
    door.wait_for("Ada Lovelace", PATIENCE).unwrap();

    door.send("c").unwrap();
    door.wait_for("in use, 1280×720, 30 fps, YUYV", PATIENCE).unwrap();
    door.send("\r").unwrap();
    let screen = door.wait_for("640×360, 30 fps, YUYV", PATIENCE).unwrap();
    assert!(screen.contains("● 1280×720"), "{screen}");
    door.send("\u{1b}[B").unwrap();
    door.wait_for("▸   640×360", PATIENCE).unwrap();
    door.send("\r").unwrap();
    door.wait_until("the door", PATIENCE, |screen| !screen.contains("640×360")).unwrap();
    door.send("c").unwrap();
    door.wait_for("in use, 640×360, 30 fps, YUYV", PATIENCE).unwrap();
    door.send("\u{1b}").unwrap();
    door.wait_until("the door", PATIENCE, |screen| !screen.contains("in use,")).unwrap();
    // The same code from smaller pictures.
    door.wait_for(" fps", PATIENCE).unwrap();
    drop(door);

    let mut door = venue.door_with(&["--offline"], (80, 24), |command| camera.connect(command));
    door.wait_for(" fps", PATIENCE).unwrap();
    door.send("c").unwrap();
    door.wait_for("in use, 640×360", PATIENCE).unwrap();
}

#[tokio::test]
async fn another_camera_is_chosen_at_the_open_door_and_again_after_a_restart() {
    let venue = Venue::open(&[]).await;
    let camera = FakeCamera::new(&[quarters()], Film::Yuyv)
        .unwrap()
        .with("FAKE_V4L2_CAMERAS", "2")
        .with("FAKE_V4L2_NAME", "Lid Camera")
        .with("FAKE_V4L2_NAME_2", "Door Cam HD");
    let mut door = venue.door_with(&["--offline", "--picture", "blocks"], (80, 24), |command| camera.connect(command));
    door.wait_for("┌ Lid Camera", PATIENCE).unwrap();

    door.send("c").unwrap();
    let screen = door.wait_for("Door Cam HD", PATIENCE).unwrap();
    assert!(screen.contains("up to 1280×720"), "{screen}");
    door.send("\u{1b}[B\r").unwrap();
    door.wait_for("Door Cam HD: which size?", PATIENCE).unwrap();
    door.send("\r").unwrap();
    door.wait_for("┌ Door Cam HD", PATIENCE).unwrap();
    drop(door);

    let door = venue.door_with(&["--offline", "--picture", "blocks"], (80, 24), |command| camera.connect(command));
    door.wait_for("┌ Door Cam HD", PATIENCE).unwrap();
}

#[tokio::test]
async fn a_camera_that_another_program_uses_is_named_with_what_to_do() {
    let venue = Venue::open(&[]).await;
    let camera = FakeCamera::new(&[quarters()], Film::Yuyv)
        .unwrap()
        .with("FAKE_V4L2_NAME", "Door Cam HD")
        .with("FAKE_V4L2_OPEN_ERRNO", &libc::EBUSY.to_string());
    let door = venue.door_with(&["--offline"], (80, 24), |command| camera.connect(command));

    let screen = door.wait_for("Another program uses it", PATIENCE).unwrap();

    assert!(screen.contains("Door Cam HD") && screen.contains("Close that program"), "{screen}");
}

#[tokio::test]
async fn a_camera_that_is_not_the_chosen_one_is_named() {
    let venue = Venue::open(&[]).await;
    let camera = FakeCamera::new(&[quarters()], Film::Yuyv).unwrap().with("FAKE_V4L2_NAME", "Door Cam HD");
    let door = venue.door_with(&["--offline", "--camera", "C920"], (80, 24), |command| camera.connect(command));

    let screen = door.wait_for("Found: Door Cam HD", PATIENCE).unwrap();

    assert!(screen.contains("The chosen one is not"), "{screen}");
}

/// Four greys: what is drawn can be told by eye.
fn quarters() -> GrayImage {
    GrayImage::from_fn(frames::WIDTH, frames::HEIGHT, |x, y| {
        Luma([match (x < frames::WIDTH / 2, y < frames::HEIGHT / 2) {
            (true, true) => 40,
            (false, true) => 100,
            (true, false) => 170,
            (false, false) => 230,
        }])
    })
}

/// The rows that hold the picture, with their colours.
fn picture(door: &Screen) -> String {
    let styled = door.styled();
    let mut rows = Vec::new();
    let mut is_picture = false;
    for line in styled.lines() {
        if !line.starts_with("    ") {
            is_picture = line.contains('▀');
            if is_picture {
                rows.push(line.split('▀').next().unwrap_or_default().to_owned());
            }
        } else if is_picture && line.contains("fg=#") {
            rows.push(line.to_owned());
        }
    }
    rows.join("\n")
}
