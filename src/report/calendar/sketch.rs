//! Estimates of distinct counts: the smallest hashes of a set.

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

/// The `K` smallest of the hashes of a set: exact up to `K - 1` elements, then off by about one part
/// in the square root of `K`. It depends on the set alone, so that the union of two sketches equals
/// the sketch of the union.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<[u8; 4]>", into = "Vec<[u8; 4]>")]
pub struct Sketch<const K: usize> {
    /// In order.
    least: Vec<u32>,
}

impl<const K: usize> Sketch<K> {
    pub fn insert(&mut self, element: &[u8]) {
        self.insert_hash((XxHash3_64::oneshot(element) >> 32) as u32);
    }

    fn insert_hash(&mut self, hash: u32) {
        if let Err(place) = self.least.binary_search(&hash)
            && place < K
        {
            self.least.insert(place, hash);
            self.least.truncate(K);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        other.least.iter().for_each(|hash| self.insert_hash(*hash));
    }

    /// Elements of the set.
    pub fn estimate(&self) -> u64 {
        let kept = self.least.len() as u64;
        match self.least.last() {
            Some(last) if self.least.len() >= K => ((kept - 1) << 32) / (u64::from(*last) + 1),
            Some(_) | None => kept,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.least.is_empty()
    }
}

impl<const K: usize> From<Vec<[u8; 4]>> for Sketch<K> {
    fn from(hashes: Vec<[u8; 4]>) -> Self {
        let mut sketch = Self::default();
        for hash in hashes {
            sketch.insert_hash(u32::from_be_bytes(hash));
        }
        sketch
    }
}

impl<const K: usize> From<Sketch<K>> for Vec<[u8; 4]> {
    fn from(sketch: Sketch<K>) -> Self {
        sketch.least.into_iter().map(u32::to_be_bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<const K: usize>(elements: impl Iterator<Item = u32>) -> Sketch<K> {
        let mut sketch = Sketch::default();
        elements.for_each(|element| sketch.insert(&element.to_be_bytes()));
        sketch
    }

    #[test]
    fn small_sets_are_exact_and_large_ones_are_near() {
        assert_eq!(of::<64>(std::iter::empty()).estimate(), 0);
        assert_eq!(of::<64>((0..63).chain(0..63)).estimate(), 63);
        for count in [1000_u32, 10_000, 100_000] {
            let estimate = of::<512>(0..count).estimate();
            let error = estimate.abs_diff(u64::from(count)) * 100 / u64::from(count);
            assert!(error <= 10, "{count}: {estimate}");
        }
    }

    #[test]
    fn a_union_is_the_sketch_of_the_whole() {
        let whole = of::<64>(0..5000);
        let mut merged = of::<64>((0..3000).rev());
        merged.merge(&of(2000..5000));
        assert_eq!(merged, whole);
        let bytes = postcard::to_stdvec(&whole).unwrap();
        assert_eq!(postcard::from_bytes::<Sketch<64>>(&bytes).unwrap(), whole);
    }
}
