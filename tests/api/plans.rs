//! Lists find their rows by an index, whatever is asked of them: what the server runs for a request is explained by
//! the database itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Mutex;

use harness::on_both_databases;
use harness::organiser::Organiser;
use reqwest::RequestBuilder;
use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _};
use sync_protocol::id::Seq;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use usher_server::db::{Database, Dialect};
use usher_server::http::time::rfc3339;
use usher_server::mails::sending::Post;
use usher_server::mails::transport::{self, Transport};
use usher_server::{mails, webhooks};

use crate::doors::Doors;
use crate::health;
use crate::metrics::Watched;
use crate::served::{PASSWORD, Served, answer, conference, get};

/// Statements that this process ran and nobody has looked at.
static RAN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Writes down every statement that the database's driver tells of.
struct Statements;

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        #[derive(Default)]
        struct Fields {
            summary: String,
            statement: String,
        }
        impl Visit for Fields {
            fn record_str(&mut self, field: &Field, value: &str) {
                match field.name() {
                    "summary" => value.clone_into(&mut self.summary),
                    "db.statement" => value.trim().clone_into(&mut self.statement),
                    _ => {}
                }
            }
            fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
        }
        if event.metadata().target() == "sqlx::query" {
            let mut fields = Fields::default();
            event.record(&mut fields);
            let Fields { summary, statement } = fields;
            RAN.lock().unwrap().push(if statement.is_empty() { summary } else { statement });
        }
    }
}

/// Begins to write statements down. Each test is a process of its own, or shares this one with others of its kind.
pub(crate) fn watch() {
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Statements));
}

/// Asserts that every statement that `request` makes the server run finds its rows by an index, and that those about
/// `sorted` read them in their order.
pub(crate) async fn assert_indexed(database: &Database, request: RequestBuilder, sorted: &str) {
    RAN.lock().unwrap().clear();
    let (status, _, body) = answer(request).await;
    assert_eq!(status, 200, "{body}");
    let ran: BTreeSet<String> = RAN.lock().unwrap().drain(..).collect();
    let selects: Vec<&String> = ran.iter().filter(|sql| sql.starts_with("SELECT") || sql.starts_with("WITH")).collect();
    let is_about = |sql: &str| sql.contains(&format!("FROM {sorted}"));
    assert!(selects.iter().any(|sql| is_about(sql)), "nothing asked for {sorted}: {selects:#?}");
    for sql in selects {
        let plan = explain(database, sql, Sorting::Allowed).await;
        assert!(!scans(database.dialect(), &plan), "a full scan:\n{sql}\n{plan:#?}");
        if sql.contains("entity IN") {
            assert!(
                plan.iter().any(|line| line.contains("entity")),
                "an event's feed is read whole:\n{sql}\n{plan:#?}"
            );
        }
        if is_about(sql) {
            let plan = explain(database, sql, Sorting::Avoided).await;
            assert!(!sorts(database.dialect(), &plan), "rows are sorted after they were read:\n{sql}\n{plan:#?}");
        }
    }
}

/// Whether a plan may sort what was read.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Sorting {
    Allowed,
    /// Only if there is no other way.
    Avoided,
}

/// Returns the lines of a statement's plan, as it would be on tables too large to be read whole. SQLite sorts only if
/// there is no other way.
async fn explain(database: &Database, sql: &str, sorting: Sorting) -> Vec<String> {
    let mut tx = database.begin_read().await.unwrap();
    match database.dialect() {
        Dialect::Sqlite => {
            let rows = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
            rows.fetch_all(tx.connection()).await.unwrap().iter().map(|row| row.get("detail")).collect()
        }
        Dialect::Postgres => {
            let values = (1..).take_while(|number| sql.contains(&format!("${number}"))).count();
            let nulls = vec!["NULL"; values].join(", ");
            let mut text = String::new();
            for setting in ["enable_seqscan", "enable_bitmapscan"] {
                writeln!(text, "SET LOCAL {setting} = off;").unwrap();
            }
            let sort = if sorting == Sorting::Allowed { "on" } else { "off" };
            writeln!(text, "SET LOCAL enable_sort = {sort};").unwrap();
            writeln!(text, "SET LOCAL plan_cache_mode = force_generic_plan; PREPARE probe AS {sql};").unwrap();
            sqlx::raw_sql(AssertSqlSafe(text)).execute(tx.connection()).await.unwrap();
            let nulls = if nulls.is_empty() { nulls } else { format!("({nulls})") };
            let rows = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN (COSTS OFF) EXECUTE probe{nulls}")));
            let plan = rows.fetch_all(tx.connection()).await.unwrap().iter().map(|row| row.get(0)).collect();
            sqlx::raw_sql("DEALLOCATE probe").execute(tx.connection()).await.unwrap();
            plan
        }
    }
}

/// Whether a plan reads a whole table, or a whole index.
fn scans(dialect: Dialect, plan: &[String]) -> bool {
    match dialect {
        Dialect::Sqlite => {
            let made: Vec<&str> = plan
                .iter()
                .filter_map(|line| line.strip_prefix("CO-ROUTINE ").or(line.strip_prefix("MATERIALIZE ")))
                .collect();
            plan.iter().any(|line| {
                line.strip_prefix("SCAN ").is_some_and(|of| !made.contains(&of) && !of.contains("CONSTANT ROW"))
            })
        }
        Dialect::Postgres => plan.iter().enumerate().any(|(at, line)| {
            let is_index = line.contains("Index Scan") || line.contains("Index Only Scan");
            let depth = |line: &str| line.len() - line.trim_start().len();
            let own = plan.iter().skip(at + 1).take_while(|below| !below.contains("->") && depth(below) > depth(line));
            line.contains("Seq Scan") || (is_index && !own.into_iter().any(|below| below.contains("Index Cond")))
        }),
    }
}

fn sorts(dialect: Dialect, plan: &[String]) -> bool {
    let sign = match dialect {
        Dialect::Sqlite => "TEMP B-TREE",
        Dialect::Postgres => "Sort",
    };
    plan.iter().any(|line| line.contains(sign))
}

on_both_databases! {
    async fn lists_of_events_and_proposals_find_their_rows_by_an_index(url: String) {
        watch();
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let event = olga.create_event(&conference()).await.unwrap();
        for step in ["submit", "approve", "publish"] {
            olga.post(&format!("/events/{event}/{step}"), &json!({})).await.unwrap();
        }
        let database = served.app.database();
        let organisation = olga.get("/me").await.unwrap()["organisations"][0]["id"].as_str().unwrap().to_owned();
        let cursor = "AAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAB";
        let times = "from=2037-11-21T00:00:00Z&until=2037-11-23T00:00:00Z";

        for query in ["", "state=published", "q=rust", times] {
            for order in ["newest", "begin"] {
                for cursor in [String::new(), format!("&cursor={cursor}")] {
                    let path = format!("/events?{query}&order={order}{cursor}");
                    assert_indexed(database, get(&olga, &path), "events").await;
                }
            }
        }
        for query in [String::new(), "q=rust".to_owned(), times.to_owned(), format!("organisation={organisation}")] {
            for cursor in [String::new(), format!("&cursor={cursor}")] {
                let url = format!("{}/api/v1/public/events?{query}{cursor}", served.url);
                assert_indexed(database, reqwest::Client::new().get(url), "events").await;
            }
        }
        let detail = format!("{}/api/v1/public/events/{event}", served.url);
        assert_indexed(database, reqwest::Client::new().get(detail), "ticket_counts").await;
        assert_indexed(database, get(&olga, &format!("/events/{event}")), "event_decisions").await;
        assert_indexed(database, get(&olga, &format!("/events/{event}/tasks")), "event_tasks").await;
        let proposals = format!("/organisations/{organisation}/proposals");
        assert_indexed(database, get(&olga, &proposals), "proposals").await;
        assert_indexed(database, get(&olga, &format!("{proposals}?state=open")), "proposals").await;
    }

    async fn a_plan_that_reads_everything_is_told_from_one_that_does_not(url: String) {
        let served = Served::start(&url).await;
        let database = served.app.database();
        let judged = async |sql: &str| {
            let plan = explain(database, sql, Sorting::Avoided).await;
            (scans(database.dialect(), &plan), sorts(database.dialect(), &plan))
        };

        assert!(judged("SELECT id FROM events WHERE location = $1").await.0);
        assert!(judged("SELECT id FROM events ORDER BY location").await.1);
        assert_eq!(judged("SELECT id FROM events WHERE organisation_id = $1 ORDER BY id LIMIT 5").await, (false, false));
    }
}

/// Runs `work`, and asserts that whatever it made the server look up, change or forget was found by an index.
async fn assert_found<T>(database: &Database, work: impl Future<Output = T>) -> T {
    RAN.lock().unwrap().clear();
    let done = work.await;
    // A statement is told once its own thread lets go of it, which may be after its answer.
    for _ in 0..100_000 {
        if !RAN.lock().unwrap().is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let ran: BTreeSet<String> = RAN.lock().unwrap().drain(..).collect();
    let is_asking = |sql: &&String| ["SELECT", "UPDATE", "DELETE"].iter().any(|verb| sql.starts_with(verb));
    let asking: Vec<&String> = ran.iter().filter(is_asking).collect();
    assert!(!asking.is_empty(), "nothing was asked");
    for sql in asking {
        let plan = explain(database, sql, Sorting::Allowed).await;
        assert!(!scans(database.dialect(), &plan), "a full scan:\n{sql}\n{plan:#?}");
    }
    done
}

async fn assert_reads(served: &Served, organiser: &Organiser, paths: &[String]) {
    for path in paths {
        let (status, _, body) = assert_found(served.app.database(), answer(get(organiser, path))).await;
        assert_eq!(status, 200, "{path}: {body}");
    }
}

on_both_databases! {
    async fn whatever_organisers_ask_about_an_event_is_found_by_an_index(url: String) {
        watch();
        let served = Served::start(&url).await;
        let doors = Doors::open_now(&served, 5).await;
        let (olga, event) = (&doors.olga, format!("/events/{}", doors.event));
        doors.name(&doors.tickets[0]).await;
        let registration = doors.list("registrations").await[0]["id"].as_str().unwrap().to_owned();
        let cursor = "AAAAAAAAAAAAAAAAAAAAAQ";

        let filters = ["", "status=valid", "state=pending", "checked_in=true", "checked_in=false", "ticket_type=Regular",
            "q=guest", "q=guset", "q=guest&checked_in=false", "status=valid&checked_in=false&ticket_type=Regular"];
        let mut paths: Vec<String> = filters.iter().map(|filter| format!("{event}/registrations?{filter}")).collect();
        paths.push(format!("{event}/registrations?cursor={cursor}"));
        paths.extend(["", "?order=newest", "?gate=Main%20entrance", "?kind=admit", "?device=0"].map(|filter| {
            format!("{event}/check-ins{filter}")
        }));
        paths.extend(["counts", "statistics", "conflicts", "devices", "sales", "quarantine"].map(|part| format!("{event}/{part}")));
        paths.push(format!("{event}/registrations/{registration}"));
        paths.push(format!("{event}/registrations/{registration}/check-ins"));
        paths.push(format!("{event}/tickets/{}", doors.tickets[0]));
        paths.extend(["/me", "/me/sessions", "/me/tickets", "/me/registrations", "/me/api-tokens", "/webhooks"].map(str::to_owned));
        assert_reads(&served, olga, &paths).await;
        let organisation = olga.get("/me").await.unwrap()["organisations"][0]["id"].as_str().unwrap().to_owned();
        let of_organisation = ["", "/members", "/invitations", "/venues", "/audit", "/task-template"];
        let paths = of_organisation.map(|part| format!("/organisations/{organisation}{part}"));
        assert_reads(&served, olga, &paths).await;
    }

    async fn what_is_registered_and_shown_at_the_door_is_found_by_an_index(url: String) {
        watch();
        let served = Served::start(&url).await;
        let doors = Doors::open_now(&served, 3).await;
        let (olga, event, database) = (&doors.olga, format!("/events/{}", doors.event), served.app.database());
        for step in ["submit", "approve", "publish"] {
            olga.post(&format!("{event}/{step}"), &json!({})).await.unwrap();
        }
        let zoe = json!({ "name": "Zoe", "email": "zoe@example.org", "ticket_type": "Regular" });

        let to = format!("{}/api/v1/public{event}/registrations", served.url);
        let (status, _, joined) = assert_found(database, answer(reqwest::Client::new().post(to).json(&zoe))).await;
        assert_eq!(status, 201, "{joined}");
        let ada = json!({ "name": "Ada", "ticket_type": "Regular" });
        let ada = assert_found(database, olga.register(&doors.event, &ada)).await.unwrap();
        let ada = ada["id"].as_str().unwrap();
        let shown = json!({ "credential": olga.credential(&doors.event, &doors.tickets[0]).await.unwrap(), "gate": "Main entrance" });
        doors.verify(&shown).await;
        assert_found(database, doors.verify(&shown)).await;
        assert_found(database, doors.name(&doors.tickets[1])).await;
        for change in ["block", "unblock", "reissue", "cancel"] {
            assert_found(database, olga.post(&format!("{event}/registrations/{ada}/{change}"), &json!({}))).await.unwrap();
        }
        assert_found(database, Organiser::log_in(&served.url, "olga@example.org", PASSWORD)).await.unwrap();
    }

    async fn what_terminals_ask_is_found_by_an_index(url: String) {
        watch();
        let served = Served::start(&url).await;
        let doors = Doors::open_now(&served, 3).await;
        let database = served.app.database();
        let mut left = assert_found(database, doors.device("Left")).await;

        assert_found(database, left.pull(left.beginning(), 2)).await.unwrap();
        assert_found(database, health::tell(&left, &health::health(served.app.clock().now()))).await;
        for part in ["/head", "/snapshot", "/doors"] {
            let response = assert_found(database, left.get(&left.in_event(part)).send()).await.unwrap();
            assert_eq!(response.status(), 200, "{part}");
        }
        left.admit(&doors.tickets[0], 0);
        assert_found(database, left.push(1)).await.unwrap();
        left.undo(Seq(1));
        assert_found(database, left.push(2)).await.unwrap();
    }

    async fn what_whoever_watches_the_server_reads_is_found_by_an_index(url: String) {
        watch();
        let served = Served::start(&url).await;
        let mut event = conference();
        let now = served.app.clock().now();
        event["starts"] = json!(rfc3339(now));
        event["ends"] = json!(rfc3339(now.plus(3_600_000)));
        let doors = Doors::open_to(&served, &event, 0).await;
        doors.device("Left").await;

        assert_found(served.app.database(), Watched::start(&served).read()).await;
    }

    async fn what_the_server_does_by_itself_is_found_by_an_index(url: String) {
        watch();
        let served = Served::start(&url).await;
        let olga = served.olga().await;
        let database = served.app.database();
        olga.create_event(&conference()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let sender = transport::sender("Usher <usher@localhost>").unwrap();
        let post = Post::new(Transport::Outbox(folder.path().to_owned()), sender);

        assert_found(database, mails::sending::turn(&served.app, &post)).await.unwrap();
        let caller = webhooks::sending::Caller::new(true).unwrap();
        assert_found(database, webhooks::sending::turn(&served.app, &caller)).await.unwrap();
        let now = served.app.clock().now();
        let mut tx = database.begin_write().await.unwrap();
        assert_found(database, mails::forget_old(&mut tx, now)).await.unwrap();
        assert_found(database, webhooks::forget_old(&mut tx, now)).await.unwrap();
    }
}
