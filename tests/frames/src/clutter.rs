//! What else is in front of the camera: a wall, people's clothes, posters, boxes.

use super::{HEIGHT, WIDTH, plane::Light, random::Random};

/// Returns a background.
pub(super) fn draw(random: &mut Random) -> Light {
    let (base, across, down) = (random.between(0.25, 0.6), random.between(-0.2, 0.2), random.between(-0.2, 0.2));
    let mut light = Light::from_fn(|x, y| base + across * (x / WIDTH as f32 - 0.5) + down * (y / HEIGHT as f32 - 0.5));
    for _ in 0..14 + random.below(14) {
        thing(&mut light, random);
    }
    light
}

fn thing(light: &mut Light, random: &mut Random) {
    let (x, y) = (random.between(-80.0, WIDTH as f32), random.between(-80.0, HEIGHT as f32));
    let (width, height) = (random.between(20.0, 300.0), random.between(20.0, 260.0));
    let bright = random.between(0.05, 0.9);
    let (far_x, far_y) = (x + width, y + height);
    match random.below(4) {
        // A box.
        0 => light.change((x, y), (far_x, far_y), |_, _, _| bright),
        // A head, a ball.
        1 => light.change((x, y), (far_x, far_y), |px, py, behind| {
            let (dx, dy) = ((px - x) / width - 0.5, (py - y) / height - 0.5);
            if dx * dx + dy * dy < 0.25 { bright } else { behind }
        }),
        // Stripes of a shirt or a shelf.
        2 => {
            let (pitch, slope) = (random.between(8.0, 40.0), random.between(-1.0, 1.0));
            light.change((x, y), (far_x, far_y), |px, py, behind| {
                if ((px + slope * py) / pitch).rem_euclid(1.0) < 0.5 { bright } else { behind }
            });
        }
        // A poster with print.
        _ => {
            let seed = random.next();
            light.change((x, y), (far_x, far_y), |px, py, _| {
                let (line, word) = ((py / 9.0) as u64, (px / 7.0) as u64);
                let is_ink = line % 2 == 1 && Random::new(seed ^ (line << 20) ^ word).chance(0.6);
                if is_ink { bright * 0.3 } else { bright }
            });
        }
    }
}

/// Adds what decoders fall for: squares in squares, checkerboards, barcodes.
pub(super) fn bait(light: &mut Light, random: &mut Random) {
    for _ in 0..8 {
        let (x, y) = (random.between(0.0, WIDTH as f32 - 90.0), random.between(0.0, HEIGHT as f32 - 90.0));
        let module = random.between(4.0, 12.0);
        light.change((x, y), (x + 9.0 * module, y + 9.0 * module), |px, py, _| {
            let ring = |at: f32| ((at / module) as i32 - 4).abs();
            let ring = ring(px - x).max(ring(py - y));
            if matches!(ring, 0 | 1 | 3) { 0.08 } else { 0.9 }
        });
    }
    for _ in 0..2 {
        let (x, y) = (random.between(0.0, WIDTH as f32 - 200.0), random.between(0.0, HEIGHT as f32 - 200.0));
        let (module, seed, is_barcode) = (random.between(4.0, 10.0), random.next(), random.chance(0.5));
        light.change((x, y), (x + 200.0, y + 160.0), |px, py, _| {
            let (column, row) = (((px - x) / module) as u64, ((py - y) / module) as u64);
            let is_dark =
                if is_barcode { Random::new(seed ^ column).chance(0.5) } else { (column + row).is_multiple_of(2) };
            if is_dark { 0.08 } else { 0.9 }
        });
    }
}
