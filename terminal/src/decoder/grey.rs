//! Grey values between pixels.

use super::{finder::Polarity, geometry::Point};
use crate::camera::Frame;

/// A picture to take samples from, as if its codes were dark on light.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grey<'a> {
    luma: &'a [u8],
    width: usize,
    right: f32,
    bottom: f32,
    polarity: Polarity,
}

impl<'a> Grey<'a> {
    pub(super) fn of(frame: &'a Frame, polarity: Polarity) -> Self {
        let (right, bottom) = ((frame.width() - 1) as f32, (frame.height() - 1) as f32);
        Self { luma: frame.luma(), width: frame.width() as usize, right, bottom, polarity }
    }

    /// Returns the grey value at `point`, 0 to 255, interpolated between the four pixels around it. The
    /// picture goes on outside as it ends.
    #[inline]
    pub(super) fn at(&self, point: Point) -> f32 {
        let x = (point.x - 0.5).clamp(0.0, self.right);
        let y = (point.y - 0.5).clamp(0.0, self.bottom);
        let (column, row) = (x as usize, y as usize);
        let (dx, dy) = (x - column as f32, y - row as f32);
        let first = row * self.width + column;
        let second = if y < self.bottom { first + self.width } else { first };
        let right = usize::from(x < self.right);
        let pixel = |at: usize| f32::from(self.luma.get(at).copied().unwrap_or(0));
        let (top_left, bottom_left) = (pixel(first), pixel(second));
        let top = top_left + (pixel(first + right) - top_left) * dx;
        let bottom = bottom_left + (pixel(second + right) - bottom_left) * dx;
        let value = top + (bottom - top) * dy;
        match self.polarity {
            Polarity::DarkOnLight => value,
            Polarity::LightOnDark => 255.0 - value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_between_those_of_the_pixels_and_go_on_outside() {
        let frame = Frame::new(2, 2, vec![0, 100, 100, 200]).unwrap();
        let grey = Grey::of(&frame, Polarity::DarkOnLight);

        assert_eq!(grey.at(Point::new(0.5, 0.5)), 0.0);
        assert_eq!(grey.at(Point::new(1.0, 1.0)), 100.0);
        assert_eq!(grey.at(Point::new(90.0, 90.0)), 200.0);
        assert_eq!(grey.at(Point::new(-9.0, 1.5)), 100.0);
        assert_eq!(Grey::of(&frame, Polarity::LightOnDark).at(Point::new(0.5, 0.5)), 255.0);
    }
}
