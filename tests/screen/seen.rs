//! A screen as a snapshot: steady, and without what differs from run to run.

use std::time::{Duration, Instant};

use harness::process::PATIENCE;
use harness::pty::Screen;

/// A new verdict's flash is shorter than this.
const STEADY: Duration = Duration::from_millis(300);

/// Waits until nothing but times change on the screen, and returns it.
pub(crate) fn steady(screen: &Screen) -> String {
    let deadline = Instant::now() + PATIENCE;
    let mut last = (screen.styled(), Instant::now());
    loop {
        let now = screen.styled();
        if timeless(&now) != timeless(&last.0) {
            last = (now, Instant::now());
        } else if last.1.elapsed() >= STEADY {
            return timeless(&screen.text());
        }
        assert!(Instant::now() < deadline, "the screen never rests:\n{}", screen.text());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the steady screen below the colour of most of it.
pub(crate) fn in_colour(screen: &Screen) -> String {
    let seen = steady(screen);
    format!("{}\n{seen}", colour(screen))
}

/// Returns the colour behind most of what isn't plain, and how many cells it fills.
fn colour(screen: &Screen) -> String {
    let mut filled: Vec<(String, usize)> = Vec::new();
    for line in screen.styled().lines() {
        let Some((stretch, style)) = line.strip_prefix("    ").and_then(|line| line.split_once(' ')) else { continue };
        let Some((Ok(from), Ok(until))) =
            stretch.split_once("..").map(|(a, b)| (a.parse::<usize>(), b.parse::<usize>()))
        else {
            continue;
        };
        let Some(back) = style.split(' ').find(|part| part.starts_with("bg=")) else { continue };
        let count = until - from;
        match filled.iter_mut().find(|(colour, _)| colour == back) {
            Some((_, cells)) => *cells += count,
            None => filled.push((back.to_owned(), count)),
        }
    }
    let most = filled.into_iter().max_by_key(|(_, cells)| *cells);
    most.map_or_else(|| "plain".into(), |(colour, cells)| format!("{colour} on {cells} cells"))
}

/// Puts zeroes for times of day, and "0 s" for spans of time, and leaves out the day that a time of another day has.
fn timeless(screen: &str) -> String {
    screen.lines().map(timeless_line).collect::<Vec<_>>().join("\n")
}

fn timeless_line(line: &str) -> String {
    let mut letters: Vec<char> = line.chars().collect();
    let is_digit = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
    for at in 1..letters.len() {
        if letters[at] == ':' && is_digit(letters.get(at - 1)) && is_digit(letters.get(at + 1)) {
            for near in [at.wrapping_sub(2), at - 1, at + 1, at + 2] {
                if is_digit(letters.get(near)) {
                    letters[near] = '0';
                }
            }
        }
    }
    let mut line: String = letters.into_iter().collect();
    for (before, after) in [("list ", " old"), ("· ", " ago"), ("here ", " ago"), ("took ", " ms"), ("0:00: ", "")] {
        line = without_span(&line, before, after);
    }
    without_day(&line)
}

/// Leaves out the day after "since", which is there when midnight lies between: the rule before it is longer instead.
fn without_day(line: &str) -> String {
    let Some((head, rest)) = line.split_once("since ") else { return line.into() };
    let Some((rule, state)) = head.rsplit_once(" ○") else { return line.into() };
    let day: String = rest.chars().take_while(|c| *c != ':').collect();
    let Some(day) = day.strip_suffix("00").filter(|day| day.starts_with(char::is_uppercase)) else {
        return line.into();
    };
    format!("{rule}{} ○{state}since {}", "─".repeat(day.chars().count()), &rest[day.len()..])
}

/// Puts "0 s" between `before` and `after`, where a number stands; the line stays as long.
fn without_span(line: &str, before: &str, after: &str) -> String {
    let Some((head, rest)) = line.split_once(before) else { return line.into() };
    let digits: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    if digits.is_empty() {
        return line.into();
    }
    let rest = &rest[digits.len()..];
    let unit =
        if after == " ms" { "" } else { [" min", " s", " h"].into_iter().find(|u| rest.starts_with(u)).unwrap_or("") };
    let rest = &rest[unit.len()..];
    if !rest.starts_with(after) {
        return line.into();
    }
    let span = if unit.is_empty() { "0" } else { "0 s" };
    let missing = (digits.len() + unit.len()).saturating_sub(span.len());
    format!("{head}{before}{span}{}", filled(rest, missing))
}

/// Fills up before the frame that follows, so that it stays where it was.
fn filled(rest: &str, missing: usize) -> String {
    let Some((at, frame)) = rest.char_indices().find(|(_, c)| "│┃║╎╏┐┓╗╮".contains(*c)) else {
        return rest.into();
    };
    let is_side = "│┃║╎╏".contains(frame);
    let filler = if is_side { ' ' } else { rest[..at].chars().next_back().unwrap_or(' ') };
    format!("{}{}{}", &rest[..at], String::from(filler).repeat(missing), &rest[at..])
}

/// Replaces a ticket's number by one of the same length.
pub(crate) fn without_ticket(screen: &str, ticket: &str) -> String {
    screen.replace(ticket, &ticket.chars().map(|c| if c == '-' { '-' } else { '0' }).collect::<String>())
}

/// Keeps what is on the screen as a picture in the folder that `USHER_PICTURES` names, if it names one: so the pictures
/// in the documentation are made.
pub(crate) fn keep_picture(screen: &Screen, name: &str) {
    let Some(folder) = std::env::var_os("USHER_PICTURES") else { return };
    let file = std::path::Path::new(&folder).join(format!("{name}.svg"));
    steady(screen);
    std::fs::write(&file, screen.picture()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}
