//! Geometry of the plane, written out in single operations.
//!
//! Products and sums stand in a fixed order and nothing is fused, so that the results are equal,
//! bit for bit, on every machine and in JavaScript with `Math.fround` around each operation.

use glam::Vec2;

/// x · x' + y · y'.
#[must_use]
pub fn dot(one: Vec2, other: Vec2) -> f32 {
    one.x * other.x + one.y * other.y
}

/// How far `other` lies to the right of `one` (clockwise on a screen, where y points down), times
/// both lengths.
#[must_use]
pub fn cross(one: Vec2, other: Vec2) -> f32 {
    one.x * other.y - one.y * other.x
}

/// The length of a vector: the square root of [`dot`] with itself.
#[must_use]
pub fn length(vector: Vec2) -> f32 {
    dot(vector, vector).sqrt()
}

/// The vector at length 1, or `otherwise` where it has none.
#[must_use]
pub fn unit_or(vector: Vec2, otherwise: Vec2) -> Vec2 {
    let length = length(vector);
    if length > 0.0 { vector / length } else { otherwise }
}

/// When a point that travels from `start` (seen from a circle's middle) along `travel` first is
/// within `radius`: 0 at the start, 1 at the end, `None` if never on the way.
#[must_use]
pub fn sweep(start: Vec2, travel: Vec2, radius: f32) -> Option<f32> {
    let outside = dot(start, start) - radius * radius;
    if outside <= 0.0 {
        return Some(0.0);
    }
    // |start + t · travel|² = radius², solved for its smaller t.
    let approach = dot(start, travel);
    let discriminant = approach * approach - dot(travel, travel) * outside;
    if approach >= 0.0 || discriminant < 0.0 {
        return None;
    }
    let time = (-approach - discriminant.sqrt()) / dot(travel, travel);
    (time <= 1.0).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_point_hits_what_lies_between_start_and_end() {
        let travel = Vec2::new(100.0, 0.0);
        assert_eq!(sweep(Vec2::new(-50.0, 0.0), travel, 10.0), Some(0.4));
        assert_eq!(sweep(Vec2::new(-50.0, 10.5), travel, 10.0), None, "passes by");
        assert_eq!(sweep(Vec2::new(-111.0, 0.0), travel, 10.0), None, "falls short");
        assert_eq!(sweep(Vec2::new(11.0, 0.0), travel, 10.0), None, "is past it");
        assert_eq!(sweep(Vec2::new(9.0, 0.0), travel, 10.0), Some(0.0), "starts inside");
        assert_eq!(sweep(Vec2::new(11.0, 0.0), Vec2::ZERO, 10.0), None, "stands still");
    }
}
