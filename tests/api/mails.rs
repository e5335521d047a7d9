//! Letters: sent once, tried again, given up, and what they say.

use std::path::Path;

use harness::on_both_databases;
use harness::organiser::Organiser;
use mail_parser::{Message, MessageParser, MimeHeaders as _};
use serde_json::{Value, json};
use sync_protocol::id::TicketId;
use sync_protocol::time::UnixMillis;
use usher_server::app::{App, Settings};
use usher_server::clock::Clock;
use usher_server::language::Language;
use usher_server::mails::sending::{Post, TRIES_MAX, turn};
use usher_server::mails::transport::Transport;
use usher_server::mails::{Letter, post};
use usher_server::work::{self, Turn};

use crate::mail_server::MailServer;
use crate::served::{Served, assert_problem, conference, get, post as send};

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const HOUR_MS: u64 = 60 * 60 * 1_000;

on_both_databases! {
    async fn two_servers_on_one_database_send_each_letter_once(url: String) {
        let mut mail = MailServer::start().await;
        let (one, two) = (Served::start(&url).await, Served::start(&url).await);
        for number in 0..30 {
            write(&one.app, &format!("guest{number}@example.org"), &notice("Hello")).await;
        }

        let post = by_smtp(&mail);
        tokio::join!(drain(&one.app, &post), drain(&two.app, &post));

        let letters = mail.taken();
        let mut ids: Vec<String> = letters.iter().map(|bytes| parsed(bytes).message_id().unwrap().to_owned()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((letters.len(), ids.len()), (30, 30));
        let admin = admin(&one, "sent").await;
        assert_eq!(admin.get("/admin/mails/counts").await.unwrap(), json!({ "waiting": 0, "sent": 30, "given_up": 0 }));
    }

    async fn a_letter_that_was_committed_is_sent_without_anybody_asking_and_one_that_was_not_is_not(url: String) {
        let mut mail = MailServer::start().await;
        let served = Served::start(&url).await;
        let caller = usher_server::webhooks::sending::Caller::new(false).unwrap();
        let workers = work::start(&served.app, by_smtp(&mail), caller);

        let mut tx = served.app.database().begin_write().await.unwrap();
        post(&mut tx, &served.app, None, "never@example.org", &notice("Never")).await.unwrap();
        drop(tx);
        write(&served.app, "ada@example.org", &notice("First")).await;

        let first = mail.next().await;
        assert_eq!(parsed(&first).subject(), Some("First"));
        served.app.begin_shutdown();
        workers.finish().await;
        assert_eq!(mail.taken().len(), 0);
    }

    async fn a_letter_that_is_refused_for_now_is_tried_ever_later_and_given_up_at_last(url: String) {
        let mut mail = MailServer::start().await;
        let clock = Clock::fixed(NOW);
        let served = Served::start_at(&url, clock.clone()).await;
        let post = by_smtp(&mail);
        write(&served.app, "ada@example.org", &notice("Hello")).await;
        let mut waits = Vec::new();

        for _ in 0..TRIES_MAX {
            mail.refuse("451 come back");
            drain(&served.app, &post).await;
            // Nothing more happens before its time.
            drain(&served.app, &post).await;
            let letter = only_letter(&served).await;
            if let Some(next) = letter["next_try_at"].as_str() {
                let next = usher_server::http::time::parse_rfc3339(next).unwrap();
                waits.push(next.since(clock.now()) / 60_000);
                clock.set(next);
            }
        }

        let letter = only_letter(&served).await;
        assert_eq!((&letter["state"], &letter["tries"]), (&json!("given_up"), &json!(TRIES_MAX)));
        assert!(letter["last_error"].as_str().unwrap().contains("451"), "{letter}");
        assert_eq!(waits.len(), 9);
        for (wait, minutes) in waits.iter().zip([1, 2, 4, 8, 16, 32, 64, 128, 256]) {
            assert!((minutes * 4 / 5..=minutes * 6 / 5).contains(wait), "{waits:?}");
        }
        assert_eq!(mail.taken().len(), 0);

        // Somebody mends what was wrong, and sends it again.
        let admin = admin(&served, "retry").await;
        let id = letter["id"].as_str().unwrap();
        let again = admin.post(&format!("/admin/mails/{id}/retry"), &json!({})).await.unwrap();
        assert_eq!((&again["state"], &again["tries"]), (&json!("waiting"), &json!(0)));
        drain(&served.app, &post).await;
        assert_eq!(mail.taken().len(), 1);
        let retry = send(&admin, &format!("/admin/mails/{id}/retry"), &json!({}));
        assert_problem(retry, 409, "mail-sent").await;
    }

    async fn a_letter_that_is_refused_for_good_is_given_up_at_once_but_our_own_wrong_password_waits(url: String) {
        let mail = MailServer::start().await;
        let served = Served::start(&url).await;
        let post = by_smtp(&mail);
        write(&served.app, "nobody@example.org", &notice("Hello")).await;
        mail.refuse("550 no such mailbox");
        drain(&served.app, &post).await;
        let letter = only_letter(&served).await;
        assert_eq!((&letter["state"], &letter["tries"]), (&json!("given_up"), &json!(1)));

        write(&served.app, "ada@example.org", &notice("Hello")).await;
        mail.refuse("535 wrong password");
        drain(&served.app, &post).await;
        let admin = admin(&served, "refused").await;
        let waiting = admin.get("/admin/mails?state=waiting").await.unwrap();
        assert_eq!(waiting["items"][0]["recipient"], "ada@example.org");
        assert_eq!(admin.get("/admin/mails/counts").await.unwrap(), json!({ "waiting": 1, "sent": 0, "given_up": 1 }));
    }

    async fn a_letter_taken_up_by_a_server_that_died_is_sent_by_another_once_its_time_is_over(url: String) {
        let mut mail = MailServer::start().await;
        let clock = Clock::fixed(NOW);
        let served = Served::start_at(&url, clock.clone()).await;
        write(&served.app, "ada@example.org", &notice("Hello")).await;
        // Nobody answers there, so this server stays in the middle of it until it dies.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let to_nobody = Transport::smtp(&format!("smtp://{}", silent.local_addr().unwrap()), None).unwrap();
        let dying = Post::new(to_nobody, "usher@example.org".parse().unwrap());
        let app = served.app.clone();
        let task = tokio::spawn(async move { turn(&app, &dying).await });
        let _connection = tokio::task::spawn_blocking(move || silent.accept().unwrap()).await.unwrap();
        task.abort();

        let post = by_smtp(&mail);
        drain(&served.app, &post).await;
        assert_eq!(mail.taken().len(), 0, "the other server may still be at it");
        clock.set(NOW.plus(HOUR_MS));
        drain(&served.app, &post).await;
        assert_eq!(mail.taken().len(), 1);
    }

    async fn the_list_of_letters_is_for_who_runs_the_installation_alone(url: String) {
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        write(&served.app, "ada@example.org", &notice("Hello")).await;
        for path in ["/admin/mails", "/admin/mails/counts"] {
            assert_problem(get(&olga, path), 404, "not-found").await;
        }

        let admin = admin(&served, "list").await;
        let page = admin.get("/admin/mails?limit=1").await.unwrap();
        assert_eq!(page["items"][0]["recipient"], "ada@example.org");
        assert!(!page.to_string().contains("Hello"), "what letters say is shown to nobody: {page}");
        assert_eq!(admin.get("/admin/mails?state=sent").await.unwrap()["items"], json!([]));
        let id = page["items"][0]["id"].as_str().unwrap().to_owned();
        assert_problem(send(&olga, &format!("/admin/mails/{id}/retry"), &json!({})), 404, "not-found").await;
        assert_problem(send(&admin, &format!("/admin/mails/{}/retry", "0".repeat(32)), &json!({})), 404, "not-found").await;
        assert_problem(get(&admin, "/admin/mails?state=lost"), 422, "invalid").await;
    }

    async fn a_ticket_letter_holds_the_ticket_as_page_and_picture_and_the_event_for_a_calendar(url: String) {
        let settings = Settings { language: Language::German, ..Settings::default() };
        let served = Served::start_with(&url, settings).await;
        let olga = served.olga().await;
        let mut event = conference();
        event["name"] = json!("Конференция & <Größe>");
        let event = olga.create_event(&event).await.unwrap();
        let body = json!({ "name": "Zoë \"山田\"", "ticket_type": "Regular", "status": "unpaid", "email": "zoe@example.org" });
        let zoe = olga.register(&event, &body).await.unwrap();
        let code = zoe["ticket"]["id"].as_str().unwrap();
        let letter = Letter::Ticket { event: event.parse().unwrap(), ticket: TicketId::from_typed_code(code).unwrap() };
        write(&served.app, "zoe@example.org", &letter).await;
        let folder = tempfile::tempdir().unwrap();
        let post = Post::new(Transport::Outbox(folder.path().join("outbox")), "Übung <usher@example.org>".parse().unwrap());

        drain(&served.app, &post).await;

        let bytes = only_file(&folder.path().join("outbox"));
        let letter = parsed(&bytes);
        assert_eq!(letter.subject(), Some("Ihr Ticket für Конференция & <Größe>"));
        assert_eq!(letter.to().unwrap().first().unwrap().address(), Some("zoe@example.org"));
        assert_eq!(letter.from().unwrap().first().unwrap().name(), Some("Übung"));
        let number = format!("{}-{}", &code[..5], &code[5..]);
        let text = letter.body_text(0).unwrap();
        for told in ["Zoë \"山田\"", "Samstag, 21. November 2037, 09:00 Uhr", "18:00 Uhr (CET)", "Regular", "nicht bezahlt", &number] {
            assert!(text.contains(told), "{told} is missing in\n{text}");
        }
        let html = letter.body_html(0).unwrap();
        assert!(html.contains("Конференция &#38; &#60;Größe&#62;") && html.contains("src=\"cid:ticket-code\""), "{html}");
        let credential = olga.credential(&event, code).await.unwrap();
        let part = |kind: &str| {
            let is_it = |part: &&mail_parser::MessagePart<'_>| {
                part.content_type().is_some_and(|held| format!("{}/{}", held.ctype(), held.subtype().unwrap_or_default()) == kind)
            };
            letter.parts.iter().find(is_it).unwrap_or_else(|| panic!("no {kind}"))
        };
        let picture = part("image/png");
        assert_eq!(picture.content_id(), Some("ticket-code"));
        assert_eq!(crate::documents::read_picture(picture.contents()), credential);
        let page = part("application/pdf");
        assert_eq!(page.attachment_name(), Some(format!("ticket-{number}.pdf").as_str()));
        assert_eq!(crate::documents::read_page(page.contents()), credential);
        let calendar = String::from_utf8(part("text/calendar").contents().to_vec()).unwrap();
        assert!(calendar.contains("DTSTART;TZID=Europe/Berlin:20371121T090000"), "{calendar}");
    }

    async fn the_letter_of_a_cancelled_ticket_is_not_sent(url: String) {
        let mut mail = MailServer::start().await;
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        let ada = olga.register(&event, &json!({ "name": "Ada", "ticket_type": "Regular" })).await.unwrap();
        let code = ada["ticket"]["id"].as_str().unwrap();
        let letter = Letter::Ticket { event: event.parse().unwrap(), ticket: TicketId::from_typed_code(code).unwrap() };
        write(&served.app, "ada@example.org", &letter).await;
        olga.change_ticket(&event, code, "cancel").await.unwrap();

        drain(&served.app, &by_smtp(&mail)).await;

        assert_eq!(mail.taken().len(), 0);
        let letter = only_letter(&served).await;
        assert_eq!(letter["state"], "given_up");
        assert!(letter["last_error"].as_str().unwrap().contains("cancelled"), "{letter}");
    }

    async fn every_kind_of_letter_is_written_and_its_link_leads_to_the_server(url: String) {
        let mut mail = MailServer::start().await;
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap().parse().unwrap();
        let text = |text: &str| text.to_owned();
        let letters = [
            (Letter::Verify { name: text("Ada"), token: text("t0ken") }, "/letters/verify/t0ken"),
            (Letter::Reset { name: text(""), token: text("t0ken") }, "/letters/reset/t0ken"),
            (
                Letter::Invite { organisation: text("{role}"), inviter: text("Eve"), role: text("staff"), token: text("t0ken") },
                "/letters/invite/t0ken",
            ),
            (Letter::EventChanged { event, changes: vec![text("It begins an hour later.")] }, "- It begins an hour later."),
            (Letter::EventCancelled { event, reason: text("rain") }, "The reason: rain"),
            (Letter::Notice { subject: text("s"), paragraphs: vec![text("first"), text("second")] }, "first\n\nsecond"),
        ];

        for (letter, told) in letters {
            write(&served.app, "ada@example.org", &letter).await;
            drain(&served.app, &by_smtp(&mail)).await;
            let bytes = mail.taken().remove(0);
            let message = parsed(&bytes);
            let body = message.body_text(0).unwrap().replace("\r\n", "\n");
            let told = if told.starts_with('/') { format!("{}{told}", served.url) } else { told.to_owned() };
            assert!(body.contains(&told), "{told} is missing in\n{body}");
            assert!(!body.contains('{') || message.subject() == Some("Eve invites you to {role}"), "{body}");
            assert!(message.body_html(0).unwrap().starts_with("<!doctype html>"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_mail_server_says_where_letters_lie() {
    let server = harness::process::Server::start().unwrap();
    let log = server.log_once(|log| log.contains("Letters are written into"));
    assert!(log.contains("outbox"), "{log}");
}

fn notice(subject: &str) -> Letter {
    Letter::Notice { subject: subject.to_owned(), paragraphs: vec!["A paragraph.".to_owned()] }
}

/// Posts a letter.
pub(crate) async fn write(app: &App, recipient: &str, letter: &Letter) {
    let mut tx = app.database().begin_write().await.unwrap();
    post(&mut tx, app, None, recipient, letter).await.unwrap();
    tx.commit().await.unwrap();
}

fn by_smtp(mail: &MailServer) -> Post {
    Post::new(Transport::smtp(&mail.url, None).unwrap(), "Usher <usher@example.org>".parse().unwrap())
}

/// Sends all that is due.
async fn drain(app: &App, post: &Post) {
    while turn(app, post).await.unwrap() == Turn::More {}
}

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

fn only_file(folder: &Path) -> Vec<u8> {
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].extension().unwrap(), "eml");
    std::fs::read(&files[0]).unwrap()
}

/// Logs in as somebody of this name who runs the installation.
async fn admin(served: &Served, name: &str) -> Organiser {
    let email = format!("{name}@admin.example.org");
    let admin = served.organiser(&email, "Platform").await;
    let mut tx = served.app.database().begin_write().await.unwrap();
    let raise = sqlx::query("UPDATE accounts SET is_admin = 1 WHERE email = $1").bind(email.clone());
    assert_eq!(raise.execute(tx.connection()).await.unwrap().rows_affected(), 1);
    tx.commit().await.unwrap();
    admin
}

/// The only letter there is.
async fn only_letter(served: &Served) -> Value {
    let name = format!("a{}", rand::random::<u64>());
    let page = admin(served, &name).await.get("/admin/mails").await.unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
    page["items"][0].clone()
}
