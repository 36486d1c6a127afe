use std::ops::Range;

/// A set of offsets, as ranges in order that neither touch nor overlap. No range is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<Range<u64>>);

impl Ranges {
    /// One range; nothing where it is empty.
    #[must_use]
    pub fn of(range: Range<u64>) -> Self {
        let mut ranges = Self::default();
        ranges.insert(range);
        ranges
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many offsets it has.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, range| sum.saturating_add(range.end - range.start))
    }

    /// The ranges, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Range<u64>> + '_ {
        self.0.iter().cloned()
    }

    /// How far it reaches from 0 without a gap.
    #[must_use]
    pub fn prefix(&self) -> u64 {
        self.0.first().filter(|range| range.start == 0).map_or(0, |range| range.end)
    }

    /// Adds a range.
    pub fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        // Those that touch it become one with it.
        let first = self.0.partition_point(|known| known.end < range.start);
        let last = self.0.partition_point(|known| known.start <= range.end);
        let joined = match (self.0.get(first..last).unwrap_or_default(), range) {
            ([], range) => range,
            ([one], range) => one.start.min(range.start)..one.end.max(range.end),
            ([left, .., right], range) => left.start.min(range.start)..right.end.max(range.end),
        };
        self.0.splice(first..last, [joined]);
    }

    /// Takes a range out, and says which parts of it were there.
    #[allow(clippy::return_self_not_must_use, reason = "most want it gone, and need not know what was there")]
    pub fn remove(&mut self, range: &Range<u64>) -> Self {
        let mut taken = Self::default();
        let mut left = Vec::with_capacity(self.0.len() + 1);
        for known in self.0.drain(..) {
            let common = known.start.max(range.start)..known.end.min(range.end);
            if common.is_empty() {
                left.push(known);
                continue;
            }
            left.extend([known.start..common.start, common.end..known.end].into_iter().filter(|rest| !rest.is_empty()));
            taken.0.push(common);
        }
        self.0 = left;
        taken
    }

    /// What is not in it of the first `length` offsets.
    #[must_use]
    pub fn gaps(&self, length: u64) -> Self {
        let mut gaps = Self::of(0..length);
        for range in &self.0 {
            gaps.remove(range);
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_become_one() {
        let mut ranges = Ranges::of(10..20);
        ranges.insert(30..40);
        ranges.insert(5..5);
        assert_eq!(ranges.iter().collect::<Vec<_>>(), [10..20, 30..40]);
        assert_eq!((ranges.prefix(), ranges.total()), (0, 20));
        ranges.insert(20..30);
        assert_eq!(ranges, Ranges::of(10..40));
        ranges.insert(0..11);
        assert_eq!(ranges.prefix(), 40);
        assert_eq!(ranges.remove(&(35..60)), Ranges::of(35..40));
        assert_eq!(ranges.gaps(50), Ranges::of(35..50));
    }

    proptest! {
        /// The same as a set of numbers.
        #[test]
        fn behaves_as_a_set(steps in vec((any::<bool>(), 0_u64..40, 0_u64..40), 0..30)) {
            let (mut ranges, mut set) = (Ranges::default(), std::collections::BTreeSet::new());
            for (insert, start, end) in steps {
                let there: Vec<u64> = (start..end).filter(|n| set.contains(n)).collect();
                if insert {
                    ranges.insert(start..end);
                    set.extend(start..end);
                } else {
                    let taken: Vec<u64> = ranges.remove(&(start..end)).iter().flatten().collect();
                    prop_assert_eq!(&taken, &there);
                    set.retain(|n| !(start..end).contains(n));
                }
                prop_assert_eq!(ranges.iter().flatten().collect::<Vec<_>>(), set.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!(ranges.total(), set.len() as u64);
                prop_assert!(ranges.0.windows(2).all(|pair| pair[0].end < pair[1].start));
                let gaps: Vec<u64> = (0..40).filter(|n| !set.contains(n)).collect();
                prop_assert_eq!(ranges.gaps(40).iter().flatten().collect::<Vec<_>>(), gaps);
            }
        }
    }
}
