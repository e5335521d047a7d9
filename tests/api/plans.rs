//! Lists find their rows by an index, whatever is asked of them: what the server runs for a request is explained by
//! the database itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Mutex;

use harness::on_both_databases;
use reqwest::RequestBuilder;
use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use usher_server::db::{Database, Dialect};

use crate::served::{Served, answer, conference, get};

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
    let selects: Vec<&String> = ran.iter().filter(|sql| sql.starts_with("SELECT")).collect();
    let is_about = |sql: &str| sql.contains(&format!("FROM {sorted}"));
    assert!(selects.iter().any(|sql| is_about(sql)), "nothing asked for {sorted}: {selects:#?}");
    for sql in selects {
        let plan = explain(database, sql, Sorting::Allowed).await;
        assert!(!scans(database.dialect(), &plan), "a full scan:\n{sql}\n{plan:#?}");
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
            plan.iter()
                .any(|line| line.strip_prefix("SCAN ").is_some_and(|of| !made.contains(&of) && of != "CONSTANT ROW"))
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
        let times = "from=2026-11-21T00:00:00Z&until=2026-11-23T00:00:00Z";

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
        assert_indexed(database, reqwest::Client::new().get(detail), "tickets").await;
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
