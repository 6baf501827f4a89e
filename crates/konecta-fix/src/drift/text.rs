//! What has come apart, as a person reads it: by kind, then by resource. Knows nothing but the comparison.

use std::fmt::Write as _;

use konecta_base::text::{clip, counted, prose, visible};
use serde_json::Value;
use strum::IntoEnumIterator as _;

use super::{Drift, DriftItem, DriftKind};

/// A value longer than this is cut: a policy is read in the JSON.
const VALUE: usize = 90;

/// So many of a type that no state has are told.
const MOST: usize = 10;

/// The comparison as text.
#[must_use]
pub fn render(drift: &Drift) -> String {
    let mut text = String::new();
    for kind in DriftKind::iter() {
        let items: Vec<&DriftItem> = drift.items.iter().filter(|item| item.kind == kind).collect();
        if items.is_empty() {
            continue;
        }
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(text, "{} ({})", heading(kind), items.len());
        let mut last = String::new();
        let mut alike = 0;
        for (at, item) in items.iter().enumerate() {
            // What nobody declares may be hundreds of a type: the JSON has them all.
            let is_same_type =
                at > 0 && items.get(at - 1).is_some_and(|before| before.resource_type == item.resource_type);
            alike = if item.address.is_none() && is_same_type { alike + 1 } else { 0 };
            if alike >= MOST {
                let is_last = items.get(at + 1).is_none_or(|next| next.resource_type != item.resource_type);
                if is_last {
                    let _ = writeln!(text, "  … and {} more; --json has them all", alike + 1 - MOST);
                }
                continue;
            }
            let title = title(item);
            if last != title {
                let _ = writeln!(text, "  {title}");
            }
            last = title;
            detail(item, &mut text);
        }
        text.push('\n');
    }
    if !drift.not_compared.is_empty() {
        let _ = writeln!(text, "Not compared");
        for one in &drift.not_compared {
            let _ = writeln!(text, "  {} ({}): {}", visible(&one.resource_type), one.count, one.reason);
        }
        text.push('\n');
    }
    if !drift.not_seen.is_empty() {
        let types: Vec<&str> = drift.not_seen.iter().map(String::as_str).collect();
        let _ = writeln!(text, "Not seen whole, so what is missing of it is not known: {}\n", types.join(", "));
    }
    let _ = writeln!(text, "{}", summary(drift));
    text
}

fn summary(drift: &Drift) -> String {
    let counts: Vec<String> = DriftKind::iter()
        .map(|kind| (drift.items.iter().filter(|item| item.kind == kind).count(), kind))
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| format!("{count} {}", kind.to_string().replace('_', " ")))
        .collect();
    let told = if counts.is_empty() { "nothing has come apart".to_owned() } else { counts.join(", ") };
    format!("{} compared: {told}", counted(drift.compared, "resource"))
}

fn heading(kind: DriftKind) -> &'static str {
    match kind {
        DriftKind::ChangedLive => "CHANGED LIVE: what lives is not what the state says",
        DriftKind::DeclaredWrong => "DECLARED WRONG: it lives as it is declared, and a control fails on it",
        DriftKind::Unmanaged => "UNMANAGED: it lives, and no state has it",
        DriftKind::Missing => "MISSING: a state has it, and it does not live",
        DriftKind::Owned => "KEPT BY A CONTROLLER: it lives, no state has it, and none should",
    }
}

fn title(item: &DriftItem) -> String {
    match &item.address {
        Some(address) => format!("{} ({})", visible(address), visible(&item.resource)),
        None => format!("{} {}", item.resource_type, visible(&item.resource)),
    }
}

fn detail(item: &DriftItem, text: &mut String) {
    if let Some(argument) = &item.argument {
        let shown = |value: &Option<Value>| {
            value.as_ref().map_or_else(|| "(nothing)".to_owned(), |value| clip(&prose(&value.to_string()), VALUE))
        };
        let sides = match item.kind {
            DriftKind::ChangedLive => format!(": declared {}, live {}", shown(&item.declared), shown(&item.live)),
            DriftKind::DeclaredWrong | DriftKind::Unmanaged | DriftKind::Missing | DriftKind::Owned => {
                item.declared.as_ref().map_or_else(String::new, |_| format!(": {}", shown(&item.declared)))
            }
        };
        let _ = writeln!(text, "    {}{sides}", visible(argument));
    }
    for breaks in &item.breaks {
        let expected = clip(&prose(&breaks.expected.to_string()), VALUE);
        let _ = writeln!(text, "      breaks {}, which expects {expected}", breaks.control);
    }
    if let Some(owner) = &item.owner {
        let _ = writeln!(text, "    {}", prose(owner));
    }
}
