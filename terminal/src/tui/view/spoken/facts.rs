//! What the door tells without being asked: each fact when it changes, and no time that merely goes by.

use super::rows::sentences;
use crate::app::{Shown, Stage};
use crate::door::Link;
use crate::tui::view::keys::keys_now;
use crate::tui::view::status::{Fullness, fullness, is_list_old};
use crate::tui::view::{Scene, lock, panel};
use crate::tui::words;

/// What a fact is about.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(in crate::tui) enum About {
    Verdict,
    Answer,
    Double,
    Aside,
    Where,
    Direction,
    Link,
    Camera,
    List,
    Full,
    Silent,
    Responding,
    Disk,
    Sound,
    Lock,
    Stage,
    Figures,
    Keys,
}

/// Something that is told when its key changes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::tui) struct Fact {
    pub(in crate::tui) about: About,
    /// The same key is the same news, however it is said by now.
    pub(in crate::tui) key: String,
    /// What is said; nothing if this is no news.
    pub(in crate::tui) text: String,
    /// Whether it is no news after anything else about the same.
    pub(in crate::tui) is_once: bool,
}

impl Fact {
    /// Whether it can't wait until it is known to last.
    pub(in crate::tui) const fn is_urgent(&self) -> bool {
        matches!(self.about, About::Verdict | About::Answer | About::Double | About::Aside)
    }
}

/// Returns every fact, in the order in which they are told. What is not known is left out.
pub(super) fn facts(scene: &Scene<'_>) -> Vec<Fact> {
    let mut facts = news(scene);
    facts.extend(door(scene));
    facts.extend(stage(scene));
    facts.extend(figures(scene));
    facts.push(keys(scene));
    facts
}

fn fact(about: About, key: impl ToString, said: &[String]) -> Fact {
    Fact { about, key: key.to_string(), text: sentences(said), is_once: false }
}

/// What just happened. What is over is a fact without words, so that it is news when it comes again.
fn news(scene: &Scene<'_>) -> Vec<Fact> {
    let state = scene.state;
    let key = |shown: &Shown| format!("{}/{:?}/{}", shown.since.0, shown.look, shown.is_answered);
    let verdict = match state.verdict() {
        Some(shown) => fact(About::Verdict, key(shown), &panel::verdict_sentences(scene, shown)),
        None => fact(About::Verdict, "", &[]),
    };
    let answer = match state.answer_since().zip(state.answer()) {
        Some((since, answer)) => {
            let said: Vec<String> = words::answer(answer, &scene.names).into_iter().collect();
            fact(About::Answer, since.0, &said)
        }
        None => fact(About::Answer, "", &[]),
    };
    let double = match state.double() {
        Some(double) => fact(About::Double, format!("{:?}", double.entry), &[words::double(double, &scene.names)]),
        None => fact(About::Double, "", &[]),
    };
    let aside = match state.aside() {
        Some(shown) => fact(About::Aside, key(shown), &panel::aside_sentences(scene, shown)),
        None => fact(About::Aside, "", &[]),
    };
    vec![verdict, answer, double, aside]
}

/// Where this is, and how things stand.
fn door(scene: &Scene<'_>) -> Vec<Fact> {
    let (state, names) = (scene.state, &scene.names);
    let Some(status) = state.status() else { return Vec::new() };
    let place = words::title(Some(status), names);
    let direction = words::direction(state.direction(), names);
    let mut facts = vec![
        fact(About::Where, &place, std::slice::from_ref(&place)),
        fact(About::Direction, &direction, std::slice::from_ref(&direction)),
        fact(About::Link, matches!(status.link, Link::Online), &[words::link(status.link, names)]),
    ];
    let camera: Vec<String> = words::camera(state.camera(), names);
    facts.push(fact(About::Camera, camera.join("/"), &camera));
    let is_old = is_list_old(status, names.clock().now());
    let list = if is_old { vec![words::list_age(status, names)] } else { Vec::new() };
    facts.push(fact(About::List, is_old, &list));
    let fullness = fullness(status);
    let full = if fullness == Fullness::Room { Vec::new() } else { vec![words::inside(status, names)] };
    facts.push(fact(About::Full, format!("{fullness:?}"), &full));
    let silent: Vec<String> = words::silent(status, names).into_iter().collect();
    let who = status.silent.first().map(|silent| silent.device);
    facts.push(fact(About::Silent, format!("{who:?}"), &silent));
    let silence: Vec<String> = state.silence_ms().map(|ms| words::silence(ms, names)).into_iter().collect();
    facts.push(fact(About::Responding, silence.is_empty(), &silence));
    let disk: Vec<String> = words::disk_low(status, names).into_iter().collect();
    // How much it is changes with every guest.
    facts.push(fact(About::Disk, disk.is_empty(), &disk));
    let sound = if state.is_muted() { words::sound_off(names) } else { names.say("plain-sound-on") };
    facts.push(fact(About::Sound, state.is_muted(), &[sound]));
    let is_locked = state.lock().locked().is_some();
    let locked = if is_locked { vec![lock::line(scene, u16::MAX).to_string()] } else { Vec::new() };
    facts.push(fact(About::Lock, is_locked, &locked));
    facts
}

/// What the machine waits for, unless a verdict stands there.
fn stage(scene: &Scene<'_>) -> Option<Fact> {
    let stage = scene.state.stage();
    let key = match stage {
        Stage::Verdict(_) => return None,
        Stage::Downloading(done, total) => format!("{}", done.saturating_mul(10).checked_div(total).unwrap_or(10)),
        Stage::Suspended(erased) if erased.is_erased() => "wiped".to_owned(),
        Stage::Ready => format!("ready {:?} {}", scene.state.direction(), scene.state.looking_ms().is_some()),
        stage => format!("{stage:?}"),
    };
    Some(fact(About::Stage, key, &panel::stage_sentences(scene)))
}

/// Counts, which change with every guest: told once, and when they are asked for.
fn figures(scene: &Scene<'_>) -> Option<Fact> {
    let (status, names) = (scene.state.status()?, &scene.names);
    if scene.state.lock().locked().is_some() {
        return None;
    }
    let said = [
        words::inside(status, names),
        words::to_send(status, names),
        words::list_age(status, names),
        words::rate(status, names),
    ];
    Some(fact(About::Figures, "", &said))
}

/// The keys of the door: of itself once, and of a verdict whenever there is one with keys of its own.
fn keys(scene: &Scene<'_>) -> Fact {
    let keys = super::keys(scene);
    let is_once = keys_now(scene) == words::DOOR_KEYS;
    Fact { is_once, ..fact(About::Keys, &keys, std::slice::from_ref(&keys)) }
}
