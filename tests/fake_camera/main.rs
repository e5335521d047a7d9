//! The camera path through nokhwa and V4L2's own calls, against a camera that is not there.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod agreement;
mod device;

use std::time::{Duration, Instant};

use device::FakeCamera;
use harness::{fake_camera::Film, frames, process::PATIENCE};
use serde_json::Value;

#[test]
fn a_yuyv_camera_is_read() {
    let run = FakeCamera::new(&[frames::clean("YUYV")], Film::Yuyv).read(&["--frames", "5"]);

    assert!(run.ended_well());
    assert_eq!(run.states(), ["opening", "streaming"]);
    assert_eq!(run.texts(), ["YUYV"; 5]);
}

#[test]
fn an_mjpeg_camera_is_read() {
    let run = FakeCamera::new(&[frames::clean("MJPEG")], Film::Mjpeg).read(&["--frames", "5"]);

    assert!(run.ended_well());
    assert_eq!(run.texts(), ["MJPEG"; 5]);
}

#[test]
fn an_nv12_camera_is_read() {
    let run = FakeCamera::new(&[frames::clean("NV12")], Film::Nv12).read(&["--frames", "5"]);

    assert!(run.ended_well());
    assert_eq!(run.texts(), ["NV12"; 5]);
}

#[test]
fn a_camera_that_another_program_left_at_an_odd_format_and_pace_is_read() {
    let camera = FakeCamera::new(&[frames::clean("LEFT")], Film::Yuyv).with("FAKE_V4L2_ODD", "1");

    let run = camera.read(&["--frames", "3"]);

    assert_eq!(run.states(), ["opening", "streaming"]);
    assert_eq!(run.texts(), ["LEFT"; 3]);
}

#[test]
fn a_ticket_that_stays_in_view_is_new_once() {
    let run = FakeCamera::new(&[frames::clean("STAYS")], Film::Yuyv).read(&["--frames", "8"]);

    let new: Vec<&Value> = run.lines.iter().filter(|line| line["new"] == serde_json::json!(["STAYS"])).collect();
    assert_eq!(new.len(), 1);
}

#[test]
fn cameras_are_listed_with_what_they_offer_and_found_by_a_part_of_their_name() {
    let camera = FakeCamera::new(&[frames::clean("NAMED")], Film::Yuyv).with("FAKE_V4L2_NAME", "Door Cam HD");

    let listed = camera.run(&["decode", "--cameras", "--json"]);
    let read = camera.run(&["decode", "--json", "--camera", "door cam", "--frames", "1"]);

    let modes = serde_json::json!([{"width": 1280, "height": 720, "rate": 30, "format": "YUYV"}]);
    assert_eq!(listed.lines, [serde_json::json!({"index": 0, "name": "Door Cam HD", "modes": modes})]);
    assert_eq!(read.texts(), ["NAMED"]);
}

#[test]
fn a_silent_camera_is_reported_and_read_again() {
    let camera = FakeCamera::new(&[frames::clean("AGAIN")], Film::Yuyv).with("FAKE_V4L2_STALL_AFTER", "3");

    let run = camera.read(&["--frames", "12"]);

    assert!(run.ended_well());
    assert_eq!(run.states(), ["opening", "streaming", "stalled", "opening", "streaming"]);
    assert_eq!(run.last_text(), Some("AGAIN"));
}

#[test]
fn a_camera_that_never_sends_anything_hangs_nothing() {
    let camera = FakeCamera::new(&[frames::clean("NEVER")], Film::Yuyv)
        .with("FAKE_V4L2_STALL_AFTER", "0")
        .with("FAKE_V4L2_FAULTS", "1000");

    let run = camera.read(&["--seconds", "7"]);

    assert_eq!(run.code, Some(1));
    assert_eq!(run.states().first_chunk(), Some(&["opening", "stalled"]));
}

#[test]
fn an_unplugged_camera_is_reported_and_looked_for() {
    let camera = FakeCamera::new(&[frames::clean("GONE")], Film::Yuyv).with("FAKE_V4L2_UNPLUG_AFTER", "4");

    let run = camera.read(&["--seconds", "3"]);

    assert!(run.ended_well());
    assert_eq!(run.states(), ["opening", "streaming", "lost", "absent"]);
    assert!(run.message("lost").contains("No such device"), "{}", run.message("lost"));
    assert!(run.message("absent").contains("plug one in"), "{}", run.message("absent"));
}

#[test]
fn a_camera_that_is_plugged_in_again_is_taken_up_again() {
    let camera = FakeCamera::new(&[frames::clean("BACK")], Film::Mjpeg)
        .with("FAKE_V4L2_UNPLUG_AFTER", "4")
        .with("FAKE_V4L2_REPLUG_MS", "1500");

    let run = camera.read(&["--frames", "12"]);

    assert!(run.ended_well());
    assert_eq!(run.states(), ["opening", "streaming", "lost", "absent", "opening", "streaming"]);
    assert_eq!(run.last_text(), Some("BACK"));
}

#[test]
fn a_driver_that_fails_and_can_not_stop_is_survived() {
    let camera = FakeCamera::new(&[frames::clean("SURVIVED")], Film::Yuyv).with("FAKE_V4L2_ERROR_AFTER", "3");

    let run = camera.read(&["--frames", "10"]);

    assert!(run.ended_well(), "{run:?}");
    assert_eq!(run.states(), ["opening", "streaming", "lost", "opening", "streaming"]);
    assert_eq!(run.last_text(), Some("SURVIVED"));
    assert_eq!(run.errors, "", "a panic of the library stays quiet");
}

#[test]
fn torn_frames_are_dropped() {
    let camera = FakeCamera::new(&[frames::clean("WHOLE")], Film::TornMjpeg);

    let run = camera.read(&["--frames", "3"]);

    assert!(run.ended_well());
    assert_eq!(run.texts(), ["WHOLE"; 3]);
}

#[test]
fn without_a_camera_it_is_said_what_to_do() {
    let camera = FakeCamera::new(&[frames::clean("OTHER")], Film::Yuyv);

    let other = camera.run(&["decode", "--camera", "no such name"]);

    assert_eq!(other.code, Some(1));
    assert!(other.errors.contains("choose one of: Fake Camera"), "{}", other.errors);
}

#[test]
fn ctrl_c_ends_it_cleanly_even_while_the_camera_is_silent() {
    let camera = FakeCamera::new(&[frames::clean("STOP")], Film::Yuyv)
        .with("FAKE_V4L2_STALL_AFTER", "2")
        .with("FAKE_V4L2_FAULTS", "1000");
    let mut running = camera.start(&["decode", "--json", "--camera"]);
    // Two frames come, and then the driver is silent for two seconds before it is woken.
    let mut frames = 0;
    while frames < 2 {
        let line = running.json(PATIENCE).unwrap().expect("frames come");
        frames += usize::from(line.get("frame").is_some());
    }

    let began = Instant::now();
    running.signal(libc::SIGINT);
    let status = running.wait(PATIENCE).unwrap();

    assert!(status.success(), "{status}");
    assert!(began.elapsed() < Duration::from_secs(2), "it took {:?}", began.elapsed());
}
