//! Ranges of addresses: unions of them, their public share, and when that share is *the internet*.
//! Knows nothing of rules and routes.

use ipnet::IpNet;

/// The version of IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Ipv4,
    Ipv6,
}

impl Family {
    pub(crate) const BOTH: [Self; 2] = [Self::Ipv4, Self::Ipv6];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }

    /// All addresses.
    pub(crate) const fn everything(self) -> Span {
        let last = match self {
            Self::Ipv4 => u32::MAX as u128,
            Self::Ipv6 => u128::MAX,
        };
        Span { family: self, first: 0, last }
    }

    /// From so many public addresses on, a source is the internet: a /8 of IPv4, a /16 of IPv6.
    const fn internet(self) -> u128 {
        match self {
            Self::Ipv4 => 1 << 24,
            Self::Ipv6 => 1 << 112,
        }
    }

    /// Addresses that nobody on the internet has.
    const fn not_public(self) -> &'static [(u128, u128)] {
        match self {
            Self::Ipv4 => &[
                (0x0000_0000, 0x00ff_ffff), // 0.0.0.0/8
                (0x0a00_0000, 0x0aff_ffff), // 10.0.0.0/8
                (0x6440_0000, 0x647f_ffff), // 100.64.0.0/10
                (0x7f00_0000, 0x7fff_ffff), // 127.0.0.0/8
                (0xa9fe_0000, 0xa9fe_ffff), // 169.254.0.0/16
                (0xac10_0000, 0xac1f_ffff), // 172.16.0.0/12
                (0xc0a8_0000, 0xc0a8_ffff), // 192.168.0.0/16
                (0xe000_0000, 0xffff_ffff), // 224.0.0.0/4 and 240.0.0.0/4
            ],
            Self::Ipv6 => &[
                (0, 1),                               // :: and ::1
                (0xfc << 120, (0xfe << 120) - 1),     // fc00::/7
                (0xfe80 << 112, (0xfec0 << 112) - 1), // fe80::/10
                (0xff << 120, u128::MAX),             // ff00::/8
            ],
        }
    }
}

/// All addresses of one CIDR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) family: Family,
    first: u128,
    last: u128,
}

impl Span {
    /// Reads a CIDR; `None` for text that is none.
    pub(crate) fn parse(cidr: &str) -> Option<Self> {
        Some(match cidr.trim().parse().ok()? {
            IpNet::V4(net) => Self {
                family: Family::Ipv4,
                first: u128::from(u32::from(net.network())),
                last: u128::from(u32::from(net.broadcast())),
            },
            IpNet::V6(net) => Self { family: Family::Ipv6, first: net.network().into(), last: net.broadcast().into() },
        })
    }

    /// What is left of it without another one: nothing, one range or two.
    pub(crate) fn without(self, other: &Self) -> Vec<Self> {
        if self.family != other.family || other.last < self.first || self.last < other.first {
            return vec![self];
        }
        let below = (other.first > self.first).then(|| Self { last: other.first - 1, ..self });
        let above = (other.last < self.last).then(|| Self { first: other.last + 1, ..self });
        below.into_iter().chain(above).collect()
    }
}

/// How many public addresses of one family the spans hold together, at most `u128::MAX`.
pub(crate) fn public_size<'a>(family: Family, spans: impl IntoIterator<Item = &'a Span>) -> u128 {
    let hidden = family.not_public();
    union(family, spans).into_iter().fold(0, |total, (first, last)| {
        let within: u128 = hidden
            .iter()
            .map(|&(from, to)| (first.max(from), last.min(to)))
            .filter(|(from, to)| from <= to)
            .map(|(from, to)| (to - from).saturating_add(1))
            .fold(0, u128::saturating_add);
        total.saturating_add((last - first).saturating_add(1).saturating_sub(within))
    })
}

/// Whether the spans of one family hold so many public addresses together that they are the internet.
pub(crate) fn is_internet<'a>(family: Family, spans: impl IntoIterator<Item = &'a Span>) -> bool {
    public_size(family, spans) >= family.internet()
}

/// Whether the spans are the internet in either family.
pub(crate) fn is_any_internet(spans: &[Span]) -> bool {
    Family::BOTH.into_iter().any(|family| is_internet(family, spans))
}

/// The spans of one family as disjoint ranges in order.
fn union<'a>(family: Family, spans: impl IntoIterator<Item = &'a Span>) -> Vec<(u128, u128)> {
    let mut ranges: Vec<(u128, u128)> =
        spans.into_iter().filter(|span| span.family == family).map(|span| (span.first, span.last)).collect();
    ranges.sort_unstable();
    let mut joined: Vec<(u128, u128)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match joined.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            Some(_) | None => joined.push((first, last)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spans(cidrs: &[&str]) -> Vec<Span> {
        cidrs.iter().map(|cidr| Span::parse(cidr).expect(cidr)).collect()
    }

    fn open(cidrs: &[&str]) -> bool {
        is_any_internet(&spans(cidrs))
    }

    #[test]
    fn the_internet_is_recognised_however_it_is_cut() {
        for cidrs in [
            &["0.0.0.0/0"][..],
            &["0.0.0.0/1", "128.0.0.0/1"],
            &["::/0"],
            &["::/1", "8000::/1"],
            &["2000::/3"],
            &["2600::/16"],
            &["8.0.0.0/8"],
            &["8.0.0.0/9", "8.128.0.0/9"],
            &["0.0.0.0/2", "10.0.0.0/8"],
        ] {
            assert!(open(cidrs), "{cidrs:?}");
        }
        let sixteens: Vec<String> = (0..256).map(|n| format!("52.{n}.0.0/16")).collect();
        let sixteens: Vec<&str> = sixteens.iter().map(String::as_str).collect();
        assert!(open(&sixteens));
        assert!(!open(&sixteens[1..]));
    }

    #[test]
    fn what_nobody_on_the_internet_has_is_not_the_internet() {
        for cidrs in [
            &[][..],
            &["10.0.0.0/8"],
            &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"],
            &["127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "0.0.0.0/8"],
            &["100.0.0.0/8"],
            &["52.0.0.0/9"],
            &["fc00::/7"],
            &["fe80::/10", "ff00::/8"],
            &["2600:1f00::/24"],
            &["52.0.0.0/9", "2600::/17"],
        ] {
            assert!(!open(cidrs), "{cidrs:?}");
        }
    }

    #[test]
    fn text_that_is_no_range_is_not_understood() {
        for text in ["", "0.0.0.0", "0.0.0.0/33", "anywhere", "::/129", "1.2.3/8"] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
        assert_eq!(Span::parse("10.1.2.3/8"), Span::parse("10.0.0.0/8"));
    }

    #[test]
    fn sizes_do_not_overflow() {
        assert_eq!(public_size(Family::Ipv4, &spans(&["0.0.0.0/0"])), 3_702_390_784);
        assert!(public_size(Family::Ipv6, &spans(&["::/0", "::/0"])) > 1 << 127);
    }

    /// Ranges within 52.0.0.0/16 and around, small enough to count one by one.
    fn small() -> impl Strategy<Value = Vec<Span>> {
        let bases = prop_oneof![Just(0x3400_0000_u32), Just(0x09ff_ff00), Just(0x0aff_ff00), Just(0xa9fd_ff00)];
        prop::collection::vec((bases, 0_u32..1024, 22_u8..=32), 0..12).prop_map(|parts| {
            let cidr = |(base, offset, length): (u32, u32, u8)| {
                format!("{}/{length}", std::net::Ipv4Addr::from(base + offset))
            };
            parts.into_iter().filter_map(|part| Span::parse(&cidr(part))).collect()
        })
    }

    fn wide() -> impl Strategy<Value = Vec<Span>> {
        let four =
            (any::<u32>(), 0_u8..=20).prop_map(|(at, length)| format!("{}/{length}", std::net::Ipv4Addr::from(at)));
        let six =
            (any::<u128>(), 0_u8..=40).prop_map(|(at, length)| format!("{}/{length}", std::net::Ipv6Addr::from(at)));
        prop::collection::vec(prop_oneof![four, six], 0..8)
            .prop_map(|cidrs| cidrs.iter().filter_map(|cidr| Span::parse(cidr)).collect())
    }

    fn halves(span: Span) -> Vec<Span> {
        let middle = span.first + (span.last - span.first) / 2;
        if span.first == span.last {
            return vec![span];
        }
        vec![Span { last: middle, ..span }, Span { first: middle + 1, ..span }]
    }

    proptest! {
        #[test]
        fn size_is_what_counting_gives(spans in small()) {
            let mut counted = std::collections::BTreeSet::new();
            for span in &spans {
                counted.extend((span.first..=span.last).filter(|address| {
                    !Family::Ipv4.not_public().iter().any(|(from, to)| (from..=to).contains(&address))
                }));
            }
            prop_assert_eq!(public_size(Family::Ipv4, &spans), counted.len() as u128);
        }

        #[test]
        fn order_and_repetition_do_not_matter(spans in wide(), turn in any::<usize>()) {
            let mut turned = spans.clone();
            turned.rotate_left(turn % spans.len().max(1));
            turned.extend(spans.clone());
            for family in Family::BOTH {
                prop_assert_eq!(public_size(family, &spans), public_size(family, &turned));
            }
        }

        #[test]
        fn splitting_a_range_changes_nothing(spans in wide()) {
            let split: Vec<Span> = spans.iter().copied().flat_map(halves).flat_map(halves).rev().collect();
            for family in Family::BOTH {
                prop_assert_eq!(public_size(family, &spans), public_size(family, &split));
                prop_assert_eq!(is_internet(family, &spans), is_internet(family, &split));
            }
        }

        #[test]
        fn more_ranges_never_hold_less(spans in wide(), more in wide()) {
            let all: Vec<Span> = spans.iter().chain(&more).copied().collect();
            for family in Family::BOTH {
                prop_assert!(public_size(family, &all) >= public_size(family, &spans));
            }
        }
    }
}
