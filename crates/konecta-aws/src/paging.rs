//! Goes through all pages of an answer, and knows when they never end.
//! Knows nothing of the SDK: a page is whatever the given future answers.

use std::collections::HashSet;
use std::future::Future;

use jiff::Timestamp;
use serde_json::Value;

use crate::classify::Failure;
use crate::wire::Pages;

/// More pages than any account has: 10,000 pages of the smallest size are a million objects.
pub(crate) const MAX_PAGES: usize = 10_000;

/// So many pages in a row with the same elements are no listing, whatever they name as the next.
const SAME_PAGES: usize = 3;

/// A piece of an answer and when it was received.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The answer in the CLI's form.
    pub value: Value,
    /// When it came.
    pub at: Timestamp,
}

/// Where the next page begins; some services name it in several parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Token(Vec<Option<String>>);

impl Token {
    /// The only part of a simple token; `None` for the first page.
    #[must_use]
    pub fn one(&self) -> Option<String> {
        self.part(0)
    }

    /// One part of a token that has several.
    #[must_use]
    pub fn part(&self, index: usize) -> Option<String> {
        self.0.get(index).cloned().flatten()
    }
}

/// What came of going through the pages.
#[derive(Debug)]
pub(crate) struct Walk {
    /// The elements of every list that pages, in the order of [`Pages::items`].
    pub items: Vec<Vec<Received>>,
    /// Requests that were answered.
    pub calls: u64,
    /// Why it ended before the last page; what came before is kept.
    pub failure: Option<Failure>,
}

/// Asks for page after page until the service names no further one.
pub(crate) async fn walk<F, Fut>(pages: &Pages, limit: usize, mut fetch: F) -> Walk
where
    F: FnMut(Token) -> Fut,
    Fut: Future<Output = Result<Received, Failure>>,
{
    let mut walk = Walk { items: vec![Vec::new(); pages.items.len()], calls: 0, failure: None };
    let mut seen = HashSet::new();
    let mut token = Token::default();
    let (mut before, mut same) = (Vec::new(), 1);
    loop {
        match fetch(token.clone()).await {
            Ok(page) => {
                walk.calls += 1;
                match next(pages, &page.value) {
                    Ok(following) => {
                        let begin: Vec<usize> = walk.items.iter().map(Vec::len).collect();
                        if let Err(failure) = take_items(pages, page, &mut walk.items) {
                            walk.failure = Some(failure);
                        }
                        same = if is_the_same(&walk.items, &before, &begin) { same + 1 } else { 1 };
                        before = begin;
                        match following {
                            Some(following) => token = following,
                            None => return walk,
                        }
                    }
                    Err(failure) => walk.failure = Some(failure),
                }
            }
            Err(failure) => walk.failure = Some(failure),
        }
        if walk.failure.is_none() && !seen.insert(token.clone()) {
            walk.failure =
                Some(Failure::broken("the paging never ends: a page names itself or an earlier one as the next"));
        }
        if walk.failure.is_none() && same >= SAME_PAGES {
            walk.failure = Some(Failure::broken("the paging never ends: each page brings what the one before brought"));
        }
        if walk.failure.is_none() && seen.len() >= limit {
            walk.failure = Some(Failure::broken(format!("the paging never ends: {limit} pages and still more")));
        }
        if walk.failure.is_some() {
            return walk;
        }
    }
}

/// Whether the last page brought something, and just what the one before it did. `before` and `last` are where each began
/// in the lists.
fn is_the_same(items: &[Vec<Received>], before: &[usize], last: &[usize]) -> bool {
    let pages = items.iter().zip(before.iter().zip(last)).filter_map(|(list, (before, last))| {
        let (earlier, later) = list.get(*before..)?.split_at_checked(last.checked_sub(*before)?)?;
        Some((earlier, later))
    });
    let mut any = false;
    for (earlier, later) in pages {
        any |= !later.is_empty();
        if earlier.len() != later.len() || earlier.iter().zip(later).any(|(one, other)| one.value != other.value) {
            return false;
        }
    }
    any
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| value.get(step))
}

fn next(pages: &Pages, page: &Value) -> Result<Option<Token>, Failure> {
    let parts: Vec<Option<String>> = pages
        .token
        .iter()
        .map(|path| at(page, path).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned))
        .collect();
    let more = pages.more.as_deref().and_then(|path| at(page, path)).and_then(Value::as_bool);
    match (more, parts.iter().any(Option::is_some)) {
        (Some(false), _) | (None, false) => Ok(None),
        (Some(true) | None, true) => Ok(Some(Token(parts))),
        (Some(true), false) => Err(Failure::broken("the answer says that there is more and does not say where")),
    }
}

/// Moves the elements out of a page.
///
/// A list that is missing as a whole is no empty list. Two services leave out lists that are empty: CloudFront,
/// which then says so by `Quantity`, and IAM's account listing, where one of four lists must be there.
fn take_items(pages: &Pages, page: Received, items: &mut [Vec<Received>]) -> Result<(), Failure> {
    let Received { mut value, at: received } = page;
    let mut present = false;
    let mut missing = None;
    for (path, kept) in pages.items.iter().zip(items) {
        let (parent, name) = path.rsplit_once('.').map_or((None, path.as_str()), |(parent, name)| (Some(parent), name));
        let holder = match parent {
            Some(parent) => parent.split('.').try_fold(&mut value, |value, step| value.get_mut(step)),
            None => Some(&mut value),
        };
        let Some(holder) = holder else {
            missing = Some(path);
            continue;
        };
        let quantity = holder.get("Quantity").and_then(Value::as_u64);
        match (holder.get_mut(name).map(Value::take), quantity) {
            (Some(Value::Array(list)), quantity) => {
                if quantity.is_some_and(|quantity| quantity != list.len() as u64) {
                    return Err(Failure::broken(format!("{path} holds {} elements and says otherwise", list.len())));
                }
                present = true;
                kept.extend(list.into_iter().map(|value| Received { value, at: received }));
            }
            (None, Some(0)) => present = true,
            (Some(_) | None, _) => missing = Some(path),
        }
    }
    match missing {
        Some(path) if !present => Err(Failure::broken(format!("the answer has no {path}"))),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use konecta_base::gap::GapKind;
    use serde_json::json;

    use super::*;
    use crate::classify::of_service;

    fn simple() -> Pages {
        Pages { token: vec!["next".to_owned()], more: None, items: vec!["things".to_owned()] }
    }

    async fn run(pages: &Pages, answers: Vec<Result<Value, Failure>>) -> (Walk, Vec<Token>) {
        let answers = RefCell::new(answers.into_iter());
        let asked = RefCell::new(Vec::new());
        let walk = walk(pages, 5, |token| {
            asked.borrow_mut().push(token);
            let answer = answers.borrow_mut().next().unwrap_or_else(|| panic!("asked for one page too many"));
            async move { answer.map(|value| Received { value, at: Timestamp::UNIX_EPOCH }) }
        })
        .await;
        (walk, asked.into_inner())
    }

    fn values(walk: &Walk) -> Vec<&Value> {
        walk.items.iter().flatten().map(|heard| &heard.value).collect()
    }

    #[tokio::test]
    async fn pages_are_gone_through_to_the_last() {
        let (walk, asked) = run(
            &simple(),
            vec![
                Ok(json!({"things": [1, 2], "next": "b"})),
                Ok(json!({"things": [], "next": "c"})),
                Ok(json!({"things": [3]})),
            ],
        )
        .await;
        assert_eq!(values(&walk), [1, 2, 3]);
        assert_eq!(walk.calls, 3);
        assert!(walk.failure.is_none());
        assert_eq!(
            asked.iter().map(Token::one).collect::<Vec<_>>(),
            [None, Some("b".to_owned()), Some("c".to_owned())]
        );
    }

    #[tokio::test]
    async fn what_came_before_a_failing_page_is_kept() {
        let denied = of_service(Some("AccessDenied"), None, 403);
        let (walk, _) = run(&simple(), vec![Ok(json!({"things": [1], "next": "b"})), Err(denied)]).await;
        assert_eq!(values(&walk), [1]);
        assert_eq!(walk.calls, 1);
        assert_eq!(walk.failure.map(|failure| failure.kind), Some(GapKind::Denied));
    }

    #[tokio::test]
    async fn a_repeated_token_ends_it() {
        let page = |thing: u8, next: &str| Ok(json!({"things": [thing], "next": next}));
        let (walk, _) = run(&simple(), vec![page(1, "b"), page(2, "c"), page(3, "b")]).await;
        assert_eq!(values(&walk).len(), 3);
        assert!(walk.failure.is_some_and(|failure| failure.message.contains("never ends")));
    }

    #[tokio::test]
    async fn pages_without_end_are_bounded() {
        let answers = (0..9).map(|page| Ok(json!({"things": [], "next": page.to_string()}))).collect();
        let (walk, _) = run(&simple(), answers).await;
        assert_eq!(walk.failure.map(|failure| failure.kind), Some(GapKind::BrokenAnswer));
    }

    #[tokio::test]
    async fn pages_that_bring_the_same_again_and_again_end_it_and_empty_ones_do_not() {
        let page = |things: &[u8], next: &str| Ok(json!({"things": things, "next": next}));
        let (walk, _) = run(&simple(), vec![page(&[1], "a"), page(&[2], "b"), page(&[2], "c"), page(&[2], "d")]).await;
        assert_eq!(values(&walk), [1, 2, 2, 2]);
        assert!(walk.failure.is_some_and(|failure| failure.message.contains("what the one before brought")));
        let last = Ok(json!({"things": [2, 3]}));
        let (walk, _) =
            run(&simple(), vec![page(&[], "a"), page(&[], "b"), page(&[], "c"), page(&[2], "d"), last]).await;
        assert!(walk.failure.is_none(), "{:?}", walk.failure);
        assert_eq!(values(&walk), [2, 2, 3]);
    }

    #[tokio::test]
    async fn a_missing_list_is_no_empty_list() {
        let (walk, _) = run(&simple(), vec![Ok(json!({}))]).await;
        assert_eq!(walk.failure, Some(Failure::broken("the answer has no things")));
    }

    #[tokio::test]
    async fn more_without_a_token_is_broken_and_a_token_without_more_is_the_end() {
        let pages = Pages {
            token: vec!["name".to_owned(), "kind".to_owned()],
            more: Some("truncated".to_owned()),
            items: vec!["things".to_owned()],
        };
        let (walk, _) = run(&pages, vec![Ok(json!({"things": [1], "truncated": true}))]).await;
        assert!(walk.failure.is_some());
        let (walk, asked) = run(
            &pages,
            vec![
                Ok(json!({"things": [1], "truncated": true, "name": "a", "kind": "NS"})),
                Ok(json!({"things": [2], "truncated": false, "name": "a"})),
            ],
        )
        .await;
        assert!(walk.failure.is_none());
        assert_eq!(
            asked.last().map(|token| (token.part(0), token.part(1))),
            Some((Some("a".into()), Some("NS".into())))
        );
    }

    #[tokio::test]
    async fn quantity_and_items_must_agree() {
        let pages = Pages { token: vec!["list.next".into()], more: None, items: vec!["list.items".into()] };
        let (walk, _) = run(&pages, vec![Ok(json!({"list": {"Quantity": 0}}))]).await;
        assert!(walk.failure.is_none());
        let (walk, _) = run(&pages, vec![Ok(json!({"list": {"Quantity": 2, "items": [1]}}))]).await;
        assert!(walk.failure.is_some());
        let (walk, _) = run(&pages, vec![Ok(json!({"list": {}}))]).await;
        assert!(walk.failure.is_some());
    }
}
