//! The fake camera does what real drivers do: `cargo xtask camera` asks the same of those.

use harness::camera_trial::{Fault, answers, courses};
use harness::fake_camera::{FakeCamera, FakeRig, Film, compile_program};
use harness::frames;

#[test]
fn the_fake_driver_answers_each_call_as_it_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let probe = folder.path().join("probe");
    compile_program(answers::PROBE, &probe).unwrap();

    let differ = answers::disagreements(&rig(), &probe).unwrap();

    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn a_stall_takes_its_course() {
    take(Fault::Stall);
}

#[test]
fn an_unplugged_cable_takes_its_course() {
    take(Fault::Unplug);
}

#[test]
fn a_loose_contact_takes_its_course() {
    take(Fault::Disconnect);
}

#[test]
fn a_refused_stream_takes_its_course() {
    take(Fault::RefuseStream);
}

#[test]
fn a_broken_stream_takes_its_course() {
    take(Fault::BreakStream);
}

fn take(fault: Fault) {
    let course = courses::COURSES.iter().find(|course| course.fault == fault).unwrap();
    courses::run(&rig(), course).unwrap();
}

fn rig() -> FakeRig {
    FakeRig::new(FakeCamera::new(&[frames::clean("AGREED")], Film::Yuyv).unwrap())
}
