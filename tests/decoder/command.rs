//! `usher decode` as a program.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use harness::{
    frames,
    process::{Finished, PATIENCE, program, run_command},
};
use serde_json::Value;

fn decode(arguments: &[&str], folder: &Path) -> Finished {
    let mut command = Command::new(program("usher").unwrap());
    run_command(command.arg("decode").args(arguments).current_dir(folder), "", PATIENCE).unwrap()
}

fn lines(output: &Finished) -> Vec<Value> {
    output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_folder_is_read_one_json_line_for_each_picture_in_order() {
    let folder = tempfile::tempdir().unwrap();
    frames::clean("FIRST").save(folder.path().join("a.png")).unwrap();
    std::fs::create_dir(folder.path().join("b")).unwrap();
    frames::clean("SECOND").save(folder.path().join("b/2.jpg")).unwrap();
    frames::without_code(3).save(folder.path().join("c.png")).unwrap();

    let output = decode(&["--json", "--jobs", "2", "."], folder.path());

    assert!(output.status.success());
    let lines = lines(&output);
    let texts: Vec<_> = lines.iter().map(|line| line["texts"].clone()).collect();
    assert_eq!(texts, [serde_json::json!(["FIRST"]), serde_json::json!(["SECOND"]), serde_json::json!([])]);
    assert!(lines.iter().all(|line| line["ms"].as_f64().is_some_and(|ms| ms > 0.0) && line.get("error").is_none()));
    assert!(lines[1]["file"].as_str().unwrap().ends_with("b/2.jpg"));
}

#[test]
fn a_picture_that_can_not_be_opened_is_named_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    frames::clean("GOOD").save(folder.path().join("good.png")).unwrap();
    let whole = std::fs::read(folder.path().join("good.png")).unwrap();
    std::fs::write(folder.path().join("torn.png"), &whole[..whole.len() / 2]).unwrap();

    let output = decode(&["--json", "torn.png", "missing.png", "good.png"], folder.path());

    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    assert!(lines[0]["error"].as_str().unwrap().contains("damaged"), "{lines:?}");
    assert!(lines[1]["error"].as_str().unwrap().contains("No such file"), "{lines:?}");
    assert_eq!(lines[2]["texts"], serde_json::json!(["GOOD"]));
}

#[test]
fn people_get_a_table_and_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    frames::clean("HELLO").save(folder.path().join("a.png")).unwrap();

    let output = decode(&["a.png"], folder.path());

    let text = output.stdout;
    assert!(text.contains("a.png  HELLO"), "{text}");
    assert!(text.contains("1 with a code, 0 without, 0 not opened"), "{text}");
}

#[test]
fn nothing_to_read_is_a_mistake_that_is_explained() {
    let output = decode(&[], Path::new("."));

    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.contains("Usage: usher decode"));
}

#[test]
fn a_quoted_pattern_is_taken_apart_and_an_empty_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    frames::clean("FIRST").save(folder.path().join("a1.png")).unwrap();
    frames::clean("SECOND").save(folder.path().join("a2.png")).unwrap();

    let output = decode(&["--json", "--jobs", "all", "a?.png", "b*.png"], folder.path());

    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    assert_eq!(lines[0]["texts"], serde_json::json!(["FIRST"]));
    assert_eq!(lines[1]["texts"], serde_json::json!(["SECOND"]));
    assert_eq!(
        (lines[2]["file"].as_str(), lines[2]["error"].as_str()),
        (Some("b*.png"), Some("no file has such a name"))
    );
}

#[test]
fn what_read_a_code_and_what_stopped_another_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    frames::clean("HELLO").save(folder.path().join("a.png")).unwrap();
    image::GrayImage::from_pixel(640, 480, image::Luma([90])).save(folder.path().join("b.png")).unwrap();

    let output = decode(&["--json", "--explain", "."], folder.path());
    let people = decode(&["--explain", "."], folder.path());

    let lines = lines(&output);
    assert!(lines[0]["explain"]["read"][0]["stage"].is_string(), "{lines:?}");
    assert!(lines[0]["explain"].get("stopped").is_none(), "{lines:?}");
    assert_eq!(lines[1]["explain"]["stopped"], "nothing looks like a corner of a code");
    assert!(people.stdout.contains("read by ") && people.stdout.contains("nothing looks like"), "{}", people.stdout);
}

#[test]
fn ctrl_c_ends_with_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<String> = (0..400).map(|number| format!("{number}.png")).collect();
    let (code, clutter) = (png(&frames::clean("FIRST")), png(&frames::without_code(1)));
    for (number, name) in files.iter().enumerate() {
        std::fs::write(folder.path().join(name), if number == 0 { &code } else { &clutter }).unwrap();
    }
    let mut command = Command::new(program("usher").unwrap());
    command.args(["decode", "--json"]).args(&files).current_dir(folder.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();

    assert!(answers.next().unwrap().unwrap().contains("FIRST"));
    interrupt(&child);
    let rest = answers.count();
    let output = child.wait_with_output().unwrap();

    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("stopped after {} of 400: 1 with a code", rest + 1)), "{said}");
}

fn png(picture: &image::GrayImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[expect(unsafe_code, reason = "signals are sent through libc only")]
fn interrupt(child: &Child) {
    // SAFETY: the child has not been waited for, so that its number is its own.
    unsafe { libc::kill(libc::pid_t::try_from(child.id()).unwrap(), libc::SIGINT) };
}
