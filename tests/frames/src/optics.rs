//! From light to a picture: lamps, lens, hand, sensor, compression.

use std::{f32::consts::TAU, io::Cursor};

use image::{GrayImage, ImageFormat, codecs::jpeg::JpegEncoder};

use super::{HEIGHT, Kind, Severity, WIDTH, plane::Light, random::Random};

/// What happens to the light on its way.
#[derive(Clone, Debug)]
pub(super) struct Optics {
    /// Brightness across and down the picture, as a slope.
    pub(super) uneven: (f32, f32),
    /// A shadow's edge (a point and a direction) and what it leaves of the light.
    pub(super) shadow: Option<((f32, f32), f32, f32)>,
    /// The radius of the blur disc, in pixels.
    pub(super) defocus: f32,
    /// The way of the hand during the exposure, in pixels.
    pub(super) motion: (f32, f32),
    pub(super) exposure: f32,
    /// Whether what is too bright spreads over its neighbours.
    pub(super) blooms: bool,
    /// The noise of the sensor, as a part of white.
    pub(super) noise: f32,
    /// The noise of light itself at white, as a part of it.
    pub(super) shot: f32,
    /// How much the camera sharpens; 0 is not at all.
    pub(super) sharpening: f32,
    pub(super) jpeg_quality: u8,
}

impl Optics {
    pub(super) fn draw(kind: Kind, severity: Severity, random: &mut Random) -> Self {
        let shadow = (kind == Kind::Shadow).then(|| {
            let edge = (random.between(480.0, 800.0), random.between(280.0, 440.0));
            (edge, random.between(0.0, TAU), severity.of([0.6, 0.42, 0.25, 0.14]))
        });
        let defocus = match kind {
            Kind::Defocus => severity.of([1.6, 2.3, 3.3, 4.3]),
            Kind::DarkMode => {
                let usual = random.between(0.4, 1.0);
                severity.of([usual, usual, 1.7, 2.2])
            }
            _ => random.between(0.4, 1.0),
        };
        let motion = match kind {
            Kind::Motion => severity.of([3.0, 5.0, 9.0, 14.0]),
            _ => random.between(0.0, 1.0),
        };
        let direction = random.between(0.0, TAU);
        let (exposure, noise) = match kind {
            Kind::Dark => (severity.of([0.5, 0.38, 0.25, 0.17]), severity.of([0.02, 0.028, 0.045, 0.05])),
            Kind::Overexposed => (severity.of([1.4, 1.9, 2.6, 3.4]), random.between(0.004, 0.012)),
            _ => (random.between(0.8, 1.0), random.between(0.004, 0.012)),
        };
        Self {
            uneven: (random.between(-0.25, 0.25), random.between(-0.25, 0.25)),
            shadow,
            defocus,
            motion: (motion * direction.cos(), motion * direction.sin()),
            exposure,
            blooms: matches!(kind, Kind::Glare | Kind::Overexposed),
            noise,
            shot: 0.0,
            sharpening: 0.0,
            jpeg_quality: match kind {
                Kind::Compressed => severity.of([45, 28, 14, 8]),
                _ => 70 + random.below(25) as u8,
            },
        }
    }

    /// Takes the picture.
    pub(super) fn take(&self, mut light: Light, random: &mut Random) -> GrayImage {
        self.lighten(&mut light);
        disc_blur(&mut light.values, self.defocus);
        line_blur(&mut light.values, self.motion);
        light.values.iter_mut().for_each(|value| *value *= self.exposure);
        if self.blooms {
            bloom(&mut light.values);
        }
        let mut shown: Vec<f32> = light
            .values
            .iter()
            .map(|&value| {
                let noise = self.noise.hypot(self.shot * value.clamp(0.0, 1.3).sqrt());
                let noisy = (value + noise * random.normal()).clamp(0.0, 1.0);
                // The sensor is linear; a camera's picture has a gentler curve.
                noisy.sqrt() * 0.6 + noisy * 0.4
            })
            .collect();
        if self.sharpening > 0.0 {
            sharpen(&mut shown, self.sharpening);
        }
        let pixels = shown.into_iter().map(|value| value.clamp(0.0, 1.0).mul_add(255.0, 0.5) as u8).collect();
        let picture = GrayImage::from_raw(WIDTH, HEIGHT, pixels).expect("a value for each pixel");
        let compressed = jpeg(&picture, self.jpeg_quality);
        image::load_from_memory_with_format(&compressed, ImageFormat::Jpeg).expect("just written").into_luma8()
    }

    fn lighten(&self, light: &mut Light) {
        let (across, down) = self.uneven;
        let shadow = self.shadow.map(|((x, y), direction, left)| {
            let (sin, cos) = direction.sin_cos();
            (x * cos + y * sin, cos, sin, left)
        });
        light.change((0.0, 0.0), (WIDTH as f32, HEIGHT as f32), |x, y, value| {
            let slope = 1.0 + across * (x / WIDTH as f32 - 0.5) + down * (y / HEIGHT as f32 - 0.5);
            let lit = shadow.map_or(1.0, |(edge, cos, sin, left)| {
                // The edge is soft over a dozen pixels.
                let depth = ((x * cos + y * sin - edge) / 12.0).clamp(0.0, 1.0);
                1.0 - depth * (1.0 - left)
            });
            value * slope * lit
        });
    }
}

/// Returns the picture as a JPEG file of this quality, 1 to 100.
///
/// # Panics
///
/// Never: it is written to memory.
pub fn jpeg(picture: &GrayImage, quality: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).expect("memory takes what is written");
    bytes.into_inner()
}

/// Spreads what is brighter than white over its neighbours.
fn bloom(values: &mut [f32]) {
    let beyond: Vec<f32> = values.iter().map(|value| (value - 1.0).max(0.0)).collect();
    for (radius, share) in [(8.0, 0.5), (36.0, 0.15)] {
        let mut spread = beyond.clone();
        disc_blur(&mut spread, radius);
        values.iter_mut().zip(spread).for_each(|(value, more)| *value += share * more);
    }
}

/// Adds what a smoothed picture lacks, as cameras do.
fn sharpen(values: &mut [f32], by: f32) {
    let mut smooth = values.to_vec();
    disc_blur(&mut smooth, 2.4);
    values.iter_mut().zip(smooth).for_each(|(value, smooth)| *value += by * (*value - smooth));
}

/// Blurs by about a disc: two boxes along each axis make a bell of the same spread.
fn disc_blur(values: &mut Vec<f32>, radius: f32) {
    // The variance of a disc is a quarter of its radius squared along each axis; a box of side s has
    // (s^2 - 1) / 12, and there are two.
    let side = (1.5 * radius * radius + 1.0).sqrt();
    for _ in 0..2 {
        box_blur(values, side, 1);
        box_blur(values, side, WIDTH as usize);
    }
}

/// Averages over `side` pixels in steps of `stride`; the outermost two count by the broken part.
fn box_blur(values: &mut Vec<f32>, side: f32, stride: usize) {
    if side <= 1.01 {
        return;
    }
    let reach = ((side - 1.0) / 2.0).ceil() as usize;
    let outer = (side - 1.0) / 2.0 - (reach as f32 - 1.0);
    let margin = reach * stride;
    let mut blurred = values.clone();
    let centre = blurred.get_mut(margin..values.len() - margin).unwrap_or_default();
    for value in centre.iter_mut() {
        *value /= side;
    }
    for step in 1..=reach {
        let weight = if step == reach { outer } else { 1.0 } / side;
        let (before, after) = (margin - step * stride, margin + step * stride);
        let sides = values.get(before..).unwrap_or_default().iter().zip(values.get(after..).unwrap_or_default());
        for (value, (before, after)) in centre.iter_mut().zip(sides) {
            *value += (before + after) * weight;
        }
    }
    *values = blurred;
}

/// Averages along a straight way.
fn line_blur(values: &mut Vec<f32>, (across, down): (f32, f32)) {
    let length = across.hypot(down);
    if length < 1.0 {
        return;
    }
    let steps = length.ceil() as i32 + 1;
    let offsets: Vec<isize> = (0..steps)
        .map(|step| {
            let part = step as f32 / (steps - 1) as f32 - 0.5;
            (part * across).round() as isize + (part * down).round() as isize * WIDTH as isize
        })
        .collect();
    let margin = offsets.iter().map(|offset| offset.unsigned_abs()).max().unwrap_or(0);
    let mut blurred = values.clone();
    if let Some(centre) = blurred.get_mut(margin..values.len() - margin) {
        centre.fill(0.0);
        for offset in &offsets {
            let source = values.get(margin.saturating_add_signed(*offset)..).unwrap_or_default();
            for (value, seen) in centre.iter_mut().zip(source) {
                *value += seen / offsets.len() as f32;
            }
        }
    }
    *values = blurred;
}
