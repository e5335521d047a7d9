//! `usher sales`: what was taken at this terminal.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::Place;
use super::status::rfc3339;
use crate::walk_in::Sold;
use crate::walk_in::till::{Taking, amount, takings, totals};

/// Shows what was sold at this terminal, for cash-up. Needs no network.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  usher sales\n  usher sales --json     one JSON object, with every sale")]
pub(super) struct SalesArgs {
    /// Print one JSON object. It names nobody who bought.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(place: &Place, args: SalesArgs) -> anyhow::Result<ExitCode> {
    let store = place.open()?;
    let book = store.book();
    let (by_person, together) = (takings(book.sales()), totals(book.sales()));
    if args.json {
        let line = json!({
            "event": store.identity().event(),
            "device_no": store.identity().number(),
            "takings": by_person.iter().map(taking).collect::<Vec<Value>>(),
            "totals": together.iter().map(taking).collect::<Vec<Value>>(),
            "sales": book.sales().map(sale).collect::<Vec<Value>>(),
        });
        println!("{line}");
        return Ok(ExitCode::SUCCESS);
    }
    if together.is_empty() {
        println!("Nothing was sold at this terminal.");
        return Ok(ExitCode::SUCCESS);
    }
    let row = |who: &str, taking: &Taking| {
        let much = amount(taking.minor, taking.currency, '.').replace('\u{2009}', " ");
        let undone = if taking.undone > 0 { format!("   {} taken back", taking.undone) } else { String::new() };
        println!("{who:<24} {:<5} {:>6} {much:>18}{undone}", taking.payment.name(), taking.sales);
    };
    println!("{:<24} {:<5} {:>6} {:>18}", "Who", "How", "Sales", "Taken");
    by_person.iter().for_each(|taking| row(taking.operator.as_deref().unwrap_or("(nobody named)"), taking));
    together.iter().for_each(|total| row("Together", total));
    Ok(ExitCode::SUCCESS)
}

fn taking(taking: &Taking) -> Value {
    json!({
        "operator": taking.operator,
        "currency": String::from_utf8_lossy(&taking.currency),
        "method": taking.payment,
        "sales": taking.sales,
        "amount": taking.minor,
        "taken_back": taking.undone,
    })
}

fn sale(sold: &Sold) -> Value {
    json!({
        "entry": sold.entry,
        "at": rfc3339(sold.at),
        "ticket": sold.ticket,
        "class": sold.class,
        "amount": sold.minor,
        "currency": String::from_utf8_lossy(&sold.currency),
        "method": sold.payment,
        "right": sold.right,
        "operator": sold.operator,
        "taken_back": sold.is_undone,
    })
}
