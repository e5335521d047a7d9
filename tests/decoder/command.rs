//! `usher decode` as a program.

use std::{path::Path, process::Command};

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
