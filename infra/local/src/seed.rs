//! Chance without a random generator: every draw is a pure function of a seed and a position.

/// The `position`-th number of a seed's sequence (splitmix64), evenly spread over 64 bits.
pub fn draw(seed: u64, position: u64) -> u64 {
    let mut z = seed.wrapping_add(position.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A name in the shape of a version 4 UUID, as AWS gives to messages and versions.
pub fn uuid(seed: u64, position: u64) -> String {
    let (high, low) = (draw(seed, 2 * position), draw(seed, 2 * position + 1));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFF,
        (low >> 48) & 0x3FFF | 0x8000,
        low & 0xFFFF_FFFF_FFFF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_always_draws_the_same_and_its_neighbour_something_else() {
        assert_eq!(draw(7, 3), draw(7, 3));
        assert_ne!(draw(7, 3), draw(7, 4));
        assert_ne!(draw(7, 3), draw(8, 3));
        assert_eq!(uuid(7, 3).len(), 36);
    }
}
