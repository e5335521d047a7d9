//! What a thief of the laptop, or a reader of logs, finds: nobody.

use std::fs;
use std::path::{Path, PathBuf};

use harness::process::Server;
use sync_protocol::id::TicketId;

use crate::venue::{LEFT, Venue, email, is_admitted, is_in_step, name};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobodys_name_address_or_ticket_is_on_the_terminals_disk_or_in_a_log() {
    let server = Server::start().unwrap();
    let venue = Venue::open(&server, 120).await;
    let terminal = venue.enrol_by_picture(LEFT).await;
    let credential = venue.credential(&venue.tickets[0]).await;
    venue.olga.change_ticket(&venue.event, &venue.tickets[1], "cancel").await.unwrap();

    let mut door = terminal.headless(&["--no-camera"]).unwrap();
    let seen = door.present(&credential).unwrap();
    assert!(seen["name"].as_str().unwrap().starts_with("Quirinia"), "{seen}");
    for code in &venue.tickets[2..40] {
        assert!(is_admitted(&&door.present(code).unwrap()));
    }
    door.present(&venue.tickets[1]).unwrap();
    door.present("not a ticket").unwrap();
    door.wait_for(is_in_step).unwrap();
    // While it runs, after a power cut, and after it came up again.
    assert_holds_nobody(terminal.folder(), &venue, &credential);
    door.process.kill9().unwrap();
    assert_holds_nobody(terminal.folder(), &venue, &credential);
    terminal.run(&["sync"]).unwrap().success().unwrap();
    assert_holds_nobody(terminal.folder(), &venue, &credential);
    assert!(terminal.folder().join("usher.log").exists());

    assert_names_nobody("the terminal's standard error", door.process.log().as_bytes(), &venue, &credential);
    assert!(server.log().contains("answered"));
    assert_names_nobody("the server's log", server.log().as_bytes(), &venue, &credential);
}

fn assert_holds_nobody(folder: &Path, venue: &Venue, credential: &str) {
    let files = files(folder);
    assert!(files.len() > 2, "{files:?}");
    for file in files {
        assert_names_nobody(&file.display().to_string(), &fs::read(&file).unwrap(), venue, credential);
    }
}

fn assert_names_nobody(place: &str, bytes: &[u8], venue: &Venue, credential: &str) {
    let mut secrets = vec![credential.as_bytes().to_vec()];
    for number in 0..venue.tickets.len() {
        secrets.extend([name(number).into_bytes(), email(number).into_bytes()]);
    }
    // Without their numbers as well: a compressed or cut text would still show these.
    secrets.extend(["Quirinia", "Xylander", "xylander"].map(|part| part.as_bytes().to_vec()));
    for code in &venue.tickets {
        let id = TicketId::from_typed_code(code).unwrap().0;
        secrets.extend([code.clone().into_bytes(), id.to_be_bytes().to_vec(), id.to_le_bytes().to_vec()]);
    }
    for secret in secrets {
        let is_there = bytes.windows(secret.len()).any(|window| window == secret);
        assert!(!is_there, "{} is in {place}", String::from_utf8_lossy(&secret));
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
