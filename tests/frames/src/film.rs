//! What a camera sees at thirty pictures a second: nobody, people who pass, a ticket that is held, and
//! one that comes, is shown and goes.
//!
//! All of one seed have the same clutter behind them, and noise of their own in each picture.

use std::f32::consts::TAU;

use image::GrayImage;

use super::{
    HEIGHT, Kind, Level, Severity, WIDTH, clutter, optics::Optics, plane::Light, plane::Pose, random::Random,
    ticket::Ticket,
};

/// Pictures of a film in a second.
pub const FILM_RATE: u32 = 30;

/// Pictures of [`presented`] before anything of the ticket is in sight.
const BEFORE: usize = 6;
/// Pictures in which the ticket goes away again.
const LEAVING: usize = 8;
/// The hand comes to rest so fast: what is left of its way falls to a third in so many pictures.
const SETTLING: f32 = 3.5;
/// The lens follows so fast, likewise.
const FOCUSING: f32 = 4.5;
/// The part of the time between two pictures in which the sensor takes in light.
const SHUTTER: f32 = 0.35;
/// How many people pass.
const PASSERS_BY: usize = 3;

/// Returns `count` pictures of a place where nobody is.
pub fn nobody(seed: u64, count: usize) -> Vec<GrayImage> {
    let place = Place::draw(seed);
    (0..count).map(|number| place.picture(number, &place.optics, |_| {})).collect()
}

/// Returns the same with squares on the wall that look like corners of codes.
pub fn nobody_before_bait(seed: u64, count: usize) -> Vec<GrayImage> {
    let place = Place::draw(seed);
    (0..count)
        .map(|number| place.picture(number, &place.optics, |light| clutter::bait(light, &mut Random::new(seed))))
        .collect()
}

/// Returns `count` pictures of people who pass behind, each once across the picture and then again from the
/// beginning.
pub fn passers_by(seed: u64, count: usize) -> Vec<GrayImage> {
    let place = Place::draw(seed);
    let mut random = Random::new(seed ^ 0x7061_7373);
    let people: Vec<Person> = (0..PASSERS_BY).map(|_| Person::draw(&mut random)).collect();
    (0..count)
        .map(|number| {
            let time = number as f32 / count as f32;
            place.picture(number, &place.optics, |light| people.iter().for_each(|person| person.stand(time, light)))
        })
        .collect()
}

/// Returns `count` pictures of a ticket that is held as still as a hand can; the last is followed by the first.
///
/// # Panics
///
/// If `text` is longer than a code can hold.
pub fn held(text: &str, seed: u64, count: usize) -> Vec<GrayImage> {
    let place = Place::draw(seed);
    let hand = Hand::draw(text, seed);
    (0..count)
        .map(|number| {
            let pose = hand.tremor(TAU * number as f32 / count as f32);
            place.picture(number, &place.optics, |light| pose.lay(&hand.ticket, light))
        })
        .collect()
}

/// Returns `count` pictures of a ticket that is brought into the picture, becomes sharp, is turned a little, and goes.
///
/// # Panics
///
/// If `text` is longer than a code can hold.
pub fn presented(text: &str, seed: u64, count: usize) -> Vec<GrayImage> {
    let place = Place::draw(seed);
    let hand = Hand::draw(text, seed);
    (0..count)
        .map(|number| {
            let Some(at) = hand.moment(number, count) else { return place.picture(number, &place.optics, |_| {}) };
            let (pose, next) = (hand.pose(at), hand.pose(at + 0.01f32.copysign(at)));
            let smear = |now: f32, next: f32| (next - now) * 100.0 * SHUTTER;
            let optics = Optics {
                motion: (smear(pose.centre.0, next.centre.0), smear(pose.centre.1, next.centre.1)),
                defocus: place.optics.defocus + 5.0 * (-at.max(0.0) / FOCUSING).exp(),
                ..place.optics.clone()
            };
            place.picture(number, &optics, |light| pose.lay(&hand.ticket, light))
        })
        .collect()
}

/// A camera that looks at some place.
struct Place {
    seed: u64,
    optics: Optics,
}

impl Place {
    fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x706c_6163_6500);
        Self { seed: random.next(), optics: Optics::draw(Kind::Paper, Severity::Mild, &mut random) }
    }

    /// Returns picture number `number` of it, with what `stand` puts before the clutter.
    fn picture(&self, number: usize, optics: &Optics, stand: impl FnOnce(&mut Light)) -> GrayImage {
        let mut light = clutter::draw(&mut Random::new(self.seed));
        stand(&mut light);
        optics.take(light, &mut Random::new(self.seed ^ (number as u64 + 1) << 32))
    }
}

/// A hand with a ticket in it.
struct Hand {
    ticket: Ticket,
    rest: Pose,
    /// From where it comes and where it goes, seen from where it rests, in pixels.
    from: (f32, f32),
    to: (f32, f32),
    /// How much it turns the ticket on its way, in radians.
    turned: f32,
}

impl Hand {
    fn draw(text: &str, seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x6861_6e64);
        let kind = [Kind::Paper, Kind::Screen].get(random.below(2)).copied().unwrap_or(Kind::Paper);
        let ticket = Ticket::draw(text, Level::Q, kind, Severity::Mild, &mut random);
        let rest = Pose::draw(kind, Severity::Mild, &mut random);
        let mut way = || {
            // From below mostly, as arms are.
            let direction = random.between(0.1, 0.9) * std::f32::consts::PI;
            (1_100.0 * direction.cos(), 900.0 * direction.sin())
        };
        let (from, to) = (way(), way());
        Self { ticket, rest, from, to, turned: random.between(-0.6, 0.6) }
    }

    /// Returns for how long it is there, in pictures, as [`Hand::pose`] has it; none while it is not there.
    fn moment(&self, number: usize, count: usize) -> Option<f32> {
        let leaves = count.saturating_sub(LEAVING + 2);
        match number {
            ..BEFORE => None,
            _ if number < leaves => Some((number - BEFORE) as f32),
            // Going is coming the other way round, from beyond where it rests.
            _ if number < leaves + LEAVING => Some(-((number - leaves + 1) as f32)),
            _ => None,
        }
    }

    /// Returns where the ticket is, so many pictures after it set out; below zero, after it set out to leave.
    fn pose(&self, at: f32) -> Pose {
        let (way, left) = if at < 0.0 {
            (self.to, 1.0 - (1.0 - (-at / LEAVING as f32).powi(2)).max(0.0))
        } else {
            (self.from, (-at / SETTLING).exp())
        };
        let still = self.tremor(at * 0.4);
        Pose {
            centre: (still.centre.0 + way.0 * left, still.centre.1 + way.1 * left),
            turn: still.turn + self.turned * left,
            ..still
        }
    }

    /// Returns where the ticket is while it is held, at this angle of the tremor.
    fn tremor(&self, angle: f32) -> Pose {
        let (x, y) = self.rest.centre;
        Pose {
            centre: (x + 2.5 * angle.sin(), y + 1.5 * (2.0 * angle).sin()),
            turn: self.rest.turn + 0.015 * angle.cos(),
            ..self.rest.clone()
        }
    }
}

/// Somebody who passes: a head above a body in a shirt with stripes, or in a plain one.
struct Person {
    height: f32,
    skin: f32,
    shirt: (f32, f32),
    stripes: f32,
    /// Where in the picture's width it begins, and how often it crosses in one film; below zero, from the right.
    begins: f32,
    crossings: f32,
}

impl Person {
    fn draw(random: &mut Random) -> Self {
        let shirt = random.between(0.1, 0.8);
        let other = if random.chance(0.4) { random.between(0.1, 0.8) } else { shirt };
        Self {
            height: random.between(350.0, 650.0),
            skin: random.between(0.15, 0.6),
            shirt: (shirt, other),
            stripes: random.between(10.0, 30.0),
            begins: random.unit(),
            crossings: if random.chance(0.5) { 1.0 } else { -1.0 },
        }
    }

    /// Draws it where it is at a part of the film, 0 to 1.
    fn stand(&self, time: f32, light: &mut Light) {
        let half = self.height * 0.28;
        // Beyond both sides, so that it comes and goes out of sight.
        let way = WIDTH as f32 + 2.0 * half;
        let x = (self.begins + self.crossings * time).rem_euclid(1.0) * way - half;
        let top = HEIGHT as f32 - self.height;
        let (head, shoulders) = (self.height * 0.14, top + self.height * 0.32);
        let chin = top + head;
        light.change((x - head, top), (x + head, chin + head), |px, py, behind| {
            let (dx, dy) = ((px - x) / head, (py - chin) / head);
            if dx * dx * 1.4 + dy * dy < 1.0 { self.skin } else { behind }
        });
        light.change((x - half, shoulders), (x + half, HEIGHT as f32), |px, py, behind| {
            let (dx, below) = ((px - x).abs(), py - shoulders);
            // Shoulders are round.
            if dx > half * (below / 40.0).min(1.0).sqrt() {
                behind
            } else if (below / self.stripes).rem_euclid(1.0) < 0.5 {
                self.shirt.0
            } else {
                self.shirt.1
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_follows_from_its_seed() {
        let film = presented("FILM", 3, 24);

        assert_eq!(film.len(), 24);
        assert_eq!(film, presented("FILM", 3, 24));
        assert_ne!(film, presented("FILM", 4, 24));
    }

    #[test]
    fn every_picture_has_noise_of_its_own_and_the_same_place_behind() {
        let film = nobody(5, 2);

        assert_ne!(film[0], film[1]);
        assert!(difference(&film[0], &film[1]) < 4.0);
    }

    #[test]
    fn a_ticket_comes_is_there_and_goes() {
        let (film, empty) = (presented("SHOWN", 9, 40), nobody(9, 40));
        let shown: Vec<f32> = film.iter().zip(&empty).map(|(film, empty)| difference(film, empty)).collect();

        assert!(shown[..BEFORE].iter().all(|difference| *difference < 4.0));
        assert!(shown[25] > 4.0 * shown[0], "{shown:?}");
        assert!(shown[39] < 4.0);
    }

    #[test]
    fn people_pass() {
        let film = passers_by(2, 30);

        assert!(difference(&film[0], &film[10]) > 2.0 * difference(&nobody(2, 1)[0], &nobody(2, 2)[1]));
    }

    fn difference(a: &GrayImage, b: &GrayImage) -> f32 {
        let sum: u32 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        sum as f32 / a.as_raw().len() as f32
    }
}
