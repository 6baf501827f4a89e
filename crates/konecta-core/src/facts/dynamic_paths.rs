//! Which cache behaviors answer requests of the declared dynamic paths, as CloudFront decides it: of the patterns that
//! match, the first in order, else the default. Knows patterns, nothing of what a behavior does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::origin::config;
use super::world::Item;
use crate::model::cloudfront::Distribution;
use konecta_base::blueprint::Blueprint;

/// A search that has looked at so many states ends without an answer. Real patterns take a few hundred.
const MOST_STATES: usize = 5_000;

/// The fact `dynamic_paths`; `None` where not all patterns are known.
pub(crate) fn dynamic_paths(distribution: &Item<Distribution>, blueprint: &Blueprint) -> Option<Value> {
    let ordered = config(distribution)?.cache_behaviors.as_ref()?.all()?;
    let patterns: Vec<&str> = ordered.iter().map(|behavior| behavior.path_pattern.as_deref()).collect::<Option<_>>()?;
    let paths = blueprint.cloudfront.dynamic_paths.iter().map(|path| answering(path, &patterns));
    paths.collect::<Option<Vec<_>>>().map(Value::Array)
}

fn answering(path: &str, patterns: &[&str]) -> Option<Value> {
    let mut ordered = Vec::new();
    for (at, pattern) in patterns.iter().enumerate() {
        if reached(&[path, pattern], patterns.get(..at)?)? {
            ordered.push(at);
        }
    }
    Some(json!({"path": path, "ordered": ordered, "default": reached(&[path], patterns)?}))
}

/// The places in a pattern at which one may be after some characters.
type Places = BTreeSet<usize>;

struct Pattern(Vec<char>);

impl Pattern {
    /// CloudFront takes a pattern with and without the leading slash as the same.
    fn of(text: &str) -> Self {
        Self(text.strip_prefix('/').unwrap_or(text).chars().collect())
    }

    /// A `*` may stand for nothing.
    fn settled(&self, places: impl IntoIterator<Item = usize>) -> Places {
        let mut all = Places::new();
        for mut place in places {
            all.insert(place);
            while self.0.get(place) == Some(&'*') {
                place += 1;
                all.insert(place);
            }
        }
        all
    }

    fn start(&self) -> Places {
        self.settled([0])
    }

    /// Where one may be after one more character; `None` stands for any that no pattern names.
    fn after(&self, places: &Places, next: Option<char>) -> Places {
        let step = |&place: &usize| match self.0.get(place)? {
            '*' => Some(place),
            '?' => Some(place + 1),
            named => (next == Some(*named)).then_some(place + 1),
        };
        self.settled(places.iter().filter_map(step))
    }

    fn is_met(&self, places: &Places) -> bool {
        places.contains(&self.0.len())
    }
}

/// Whether any path meets all of these patterns and none of the earlier ones; `None` where the search is too long.
fn reached(all: &[&str], earlier: &[&str]) -> Option<bool> {
    let patterns: Vec<Pattern> = all.iter().chain(earlier).map(|text| Pattern::of(text)).collect();
    let letters: BTreeSet<char> = patterns.iter().flat_map(|pattern| pattern.0.iter().copied()).collect();
    let letters: Vec<Option<char>> = letters.into_iter().map(Some).chain([None]).collect();
    let start: Vec<Places> = patterns.iter().map(Pattern::start).collect();
    let mut seen = BTreeSet::from([start.clone()]);
    let mut open = vec![start];
    while let Some(state) = open.pop() {
        let mut met = patterns.iter().zip(&state).map(|(pattern, places)| pattern.is_met(places));
        if met.by_ref().take(all.len()).all(|is_met| is_met) && !met.any(|is_met| is_met) {
            return Some(true);
        }
        for letter in &letters {
            let next: Vec<Places> =
                patterns.iter().zip(&state).map(|(pattern, places)| pattern.after(places, *letter)).collect();
            // Where one of those to be met is out, no more characters help.
            if next.iter().take(all.len()).all(|places| !places.is_empty()) && seen.insert(next.clone()) {
                open.push(next);
            }
        }
        if seen.len() > MOST_STATES {
            return None;
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(path: &str, patterns: &[&str]) -> Value {
        let mut answer = answering(path, patterns).expect("answer");
        answer.as_object_mut().expect("object").remove("path");
        answer
    }

    #[test]
    fn the_first_pattern_that_matches_answers() {
        assert_eq!(places("/api/*", &["/api/*"]), json!({"ordered": [0], "default": false}));
        assert_eq!(places("/api/*", &["/assets/*"]), json!({"ordered": [], "default": true}));
        assert_eq!(places("/api/*", &["*", "/api/*"]), json!({"ordered": [0], "default": false}));
        assert_eq!(places("/api/*", &["api/*", "/api/reports/*"]), json!({"ordered": [0], "default": false}));
        assert_eq!(places("/api/*", &["/api/reports/*", "api/*"]), json!({"ordered": [0, 1], "default": false}));
    }

    #[test]
    fn a_pattern_that_crosses_the_path_takes_a_part_of_it() {
        assert_eq!(places("/api/*", &["*.json", "/api/*"]), json!({"ordered": [0, 1], "default": false}));
        assert_eq!(places("/api/*", &["/api/*", "*.json"]), json!({"ordered": [0], "default": false}));
        assert_eq!(places("/api/*", &["/api/*.json", "*.json", "/api/*"])["ordered"], json!([0, 2]));
        assert_eq!(places("/api/*", &["*.json"]), json!({"ordered": [0], "default": true}));
        assert_eq!(places("/*/users", &["/api/*"]), json!({"ordered": [0], "default": true}));
        assert_eq!(places("/*.js", &["*.css"]), json!({"ordered": [], "default": true}));
    }

    #[test]
    fn a_question_mark_is_one_character() {
        assert_eq!(places("/v?/*", &["/v1/*", "/v22/*"]), json!({"ordered": [0], "default": true}));
        assert_eq!(places("/v1/*", &["/v?/*"]), json!({"ordered": [0], "default": false}));
        assert_eq!(places("/api", &["/api?"]), json!({"ordered": [], "default": true}));
        assert_eq!(places("/a*", &["/a", "/a?*"]), json!({"ordered": [0, 1], "default": false}));
    }

    #[test]
    fn a_search_that_is_too_long_has_no_answer() {
        let long = format!("*a{}b", "?".repeat(13));
        assert_eq!(reached(&[&long], &["*"]), None);
        assert_eq!(reached(&["*a*", "?"], &["a"]), Some(false));
    }
}
