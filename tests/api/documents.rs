//! Tickets as documents, read back with the tools that people read them with.

use std::io::Write as _;
use std::process::{Command, Stdio};

use harness::on_both_databases;
use harness::organiser::Organiser;
use serde_json::{Value, json};
use usher_terminal::camera::Frame;
use usher_terminal::decoder::{Budget, Decoder};

use crate::doors::Doors;
use crate::served::{Served, answer, assert_problem, conference, get};

on_both_databases! {
    async fn the_page_of_a_ticket_says_what_it_is_for_and_its_code_is_read_from_it(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (event, ticket) = registered(&olga, "Zoë Ωμέγα Юлия Łukasz").await;
        let path = format!("/events/{event}/tickets/{ticket}/ticket.pdf");

        let page = olga.bytes(&path).await.unwrap();

        let text = text_of(&page);
        let number = format!("{}-{}", &ticket[..5], &ticket[5..]);
        for told in ["RustConf", "Zoë Ωμέγα Юлия Łukasz", "Regular", "Saturday, 21 November 2037, 09:00", "(CET)", &number] {
            assert!(text.contains(told), "{told} is missing in\n{text}");
        }
        assert_eq!(read_page(&page), olga.credential(&event, &ticket).await.unwrap());
        assert_eq!(olga.bytes(&path).await.unwrap(), page, "the same page every time");
        let german = olga.bytes(&format!("{path}?language=de")).await.unwrap();
        assert!(text_of(&german).contains("Samstag, 21. November 2037, 09:00 Uhr"));
        assert_problem(get(&olga, &format!("{path}?language=tlh")), 422, "invalid").await;
    }

    async fn a_name_that_cannot_be_printed_is_seen_to_be_missing(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (event, ticket) = registered(&olga, "Taro 山田").await;

        let page = olga.bytes(&format!("/events/{event}/tickets/{ticket}/ticket.pdf")).await.unwrap();

        let text = text_of(&page);
        assert!(text.contains("Taro \u{fffd}\u{fffd}") && text.contains("Letters shown as boxes"), "{text}");
        assert_eq!(read_page(&page), olga.credential(&event, &ticket).await.unwrap());
    }

    async fn the_web_page_and_the_calendar_file_stand_by_themselves_and_are_kept_by_no_cache(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (event, ticket) = registered(&olga, "Eve <script>alert(1)</script>").await;
        let path = format!("/events/{event}/tickets/{ticket}");

        let response = get(&olga, &format!("{path}/ticket.html")).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert_eq!(header("cache-control"), "private, no-store");
        assert!(header("content-security-policy").contains("default-src 'none'"));
        let html = response.text().await.unwrap();
        assert!(html.contains("<svg ") && html.contains("Eve &#60;script&#62;") && !html.contains("<script"), "{html}");
        assert!(!html.contains("src=") && !html.contains("href="), "it asks nobody for anything");

        let response = get(&olga, &format!("{path}/event.ics")).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/calendar; charset=utf-8");
        let calendar = response.text().await.unwrap();
        assert!(calendar.starts_with("BEGIN:VCALENDAR\r\n") && calendar.ends_with("END:VCALENDAR\r\n"));
        assert!(calendar.contains("DTEND;TZID=Europe/Berlin:20371122T180000\r\n"), "{calendar}");
    }

    async fn a_member_finds_the_tickets_of_their_own_address_and_nobody_elses(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let (event, ticket) = registered(&olga, "Ada").await;
        let (other, second) = registered(&olga, "Ada L.").await;
        let bob = json!({ "name": "Bob", "ticket_type": "Regular", "email": "bob@example.org" });
        let bobs = olga.register(&event, &bob).await.unwrap()["ticket"]["id"].as_str().unwrap().to_owned();
        let ada = served.organiser("ada@example.org", "Ada's own").await;

        let mine = ada.list("/me/tickets").await.unwrap();

        let shown: Vec<_> = mine.iter().map(|mine| (&mine["event"], &mine["ticket"]["id"], &mine["name"])).collect();
        assert_eq!(shown, [
            (&json!(event), &json!(ticket), &json!("Ada")),
            (&json!(other), &json!(second), &json!("Ada L.")),
        ]);
        assert_eq!((&mine[0]["event_name"], &mine[0]["time_zone"]), (&json!("RustConf"), &json!("Europe/Berlin")));
        let first = ada.get("/me/tickets?limit=1").await.unwrap();
        let next = format!("/me/tickets?limit=1&cursor={}", first["next"].as_str().unwrap());
        assert_eq!(ada.get(&next).await.unwrap()["items"][0]["ticket"]["id"], json!(second));

        let credential = olga.credential(&event, &ticket).await.unwrap();
        let page = ada.bytes(&format!("/me/tickets/{event}/{ticket}/ticket.pdf")).await.unwrap();
        assert_eq!(read_page(&page), credential);
        let picture = ada.bytes(&format!("/me/tickets/{event}/{ticket}/qr.png")).await.unwrap();
        assert_eq!(read_picture(&picture), credential);
        for (file, kind) in [("qr.svg", "image/svg+xml"), ("ticket.html", "text/html; charset=utf-8"), ("event.ics", "text/calendar; charset=utf-8")] {
            let (status, held, _) = answer(get(&ada, &format!("/me/tickets/{event}/{ticket}/{file}"))).await;
            assert_eq!((status.as_u16(), held.as_str()), (200, kind), "{file}");
        }
        for (of, number) in [(&event, &bobs), (&other, &ticket), (&event, &"7J2V90QK4NX".to_owned())] {
            for file in ["ticket.pdf", "ticket.html", "event.ics", "qr.png", "qr.svg"] {
                assert_problem(get(&ada, &format!("/me/tickets/{of}/{number}/{file}")), 404, "not-found").await;
            }
        }
        assert_eq!(olga.list("/me/tickets").await.unwrap(), [] as [Value; 0]);
    }

    async fn what_admits_nobody_has_no_documents(url: String) {
        let served = Served::start(&url).await;
        let doors = Doors::open(&served, 1).await;
        let (olga, event) = (&doors.olga, &doors.event);
        let cancelled = doors.tickets[0].clone();
        olga.change_ticket(event, &cancelled, "cancel").await.unwrap();
        let body = json!({ "name": "Till", "confirmed": true, "capabilities": ["scan", "walk_in"],
            "walk_in": [{ "ticket_type": "Regular", "places": 5 }] });
        let code = doors.code(body).await;
        let mut till = harness::device::Device::enrol(&doors.url, code["code"].as_str().unwrap()).await.unwrap();
        till.sell(0, "Grace", 4900, |_| {});
        till.push(1).await.unwrap();
        let sold = olga.registrations(event).await.unwrap();
        let sold = sold.iter().find(|held| held["name"] == "Grace").unwrap()["ticket"]["id"].as_str().unwrap().to_owned();

        for file in ["ticket.pdf", "ticket.html", "event.ics"] {
            let path = |ticket: &str| format!("/events/{event}/tickets/{ticket}/{file}");
            assert_problem(get(olga, &path(&cancelled)), 409, "ticket-cancelled").await;
            assert_problem(get(olga, &path(&sold)), 409, "sold-at-door").await;
        }
    }
}

async fn registered(olga: &Organiser, name: &str) -> (String, String) {
    let event = olga.create_event(&conference()).await.unwrap();
    let body = json!({ "name": name, "ticket_type": "Regular", "email": "Ada@example.org" });
    let made = olga.register(&event, &body).await.unwrap();
    (event, made["ticket"]["id"].as_str().unwrap().to_owned())
}

/// Runs one of poppler's programs over a document.
fn run(program: &str, arguments: &[&str], document: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} (of poppler-utils) is needed to read documents: {error}"));
    let mut input = child.stdin.take().unwrap();
    let document = document.to_vec();
    let feeding = std::thread::spawn(move || input.write_all(&document));
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap().unwrap();
    assert!(output.status.success(), "{program} cannot read the document");
    output.stdout
}

/// The text of a document, as a reader finds and copies it.
pub(crate) fn text_of(pdf: &[u8]) -> String {
    String::from_utf8(run("pdftotext", &["-layout", "-", "-"], pdf)).unwrap()
}

/// Reads the code on a page as a door would, from a picture of the page.
pub(crate) fn read_page(pdf: &[u8]) -> String {
    read_picture(&run("pdftoppm", &["-r", "120", "-gray", "-singlefile", "-"], pdf))
}

/// Reads the one code in a picture as a door would.
pub(crate) fn read_picture(picture: &[u8]) -> String {
    let picture = image::load_from_memory(picture).unwrap().to_luma8();
    let frame = Frame::new(picture.width(), picture.height(), picture.into_raw()).unwrap();
    let codes = Decoder::new(Budget::thorough()).decode(&frame).codes;
    assert_eq!(codes.len(), 1);
    codes[0].text.clone()
}
