//! Rates and percentages, derived from counters and from parts of wholes. The one place where this is done: collectors call it once a report, and
//! nothing downstream derives again.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use hashbrown::HashMap;

use super::{Unit, builtin};
use crate::number::Number;

/// What a counter becomes over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    name: Cow<'static, str>,
    scale: Scale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    /// Microseconds in a microsecond, in per cent.
    Share,
    /// Bytes in a second, without fractions.
    Bytes,
    /// Events in a second.
    Events,
}

/// Figures that are a part of another one: the percentage, the part, and the whole, of which the first that is known counts.
const SHARES: &[(&str, &str, &[&str])] = &[
    ("mem_pct", "mem_bytes", &["mem_limit_bytes", "mem_total_bytes"]),
    ("swap_pct", "swap_bytes", &["swap_total_bytes"]),
    ("disk_pct", "disk_bytes", &["disk_total_bytes"]),
];

static BUILT_IN: LazyLock<HashMap<&'static str, Arc<Derivation>>> = LazyLock::new(|| {
    let counters = builtin::fields().iter().filter(|field| field.is_counter());
    let derivations = counters.filter_map(|field| {
        let (name, scale) = by_rule(field.name())?;
        let derived = builtin::get(&name)?;
        Some((builtin::get(field.name())?.name(), Arc::new(Derivation { name: Cow::Borrowed(derived.name()), scale })))
    });
    derivations.collect()
});

/// What the name of a counter says about its derived figure: `x_us_total` becomes `x_pct`, `x_total` becomes `x_per_sec`.
fn by_rule(counter: &str) -> Option<(String, Scale)> {
    let stem = counter.strip_suffix("_total").filter(|stem| !stem.is_empty())?;
    Some(match Unit::of_name(stem) {
        _ if counter == "cpu_usage_us_total" => ("cpu_pct".to_owned(), Scale::Share),
        Some(Unit::Micros) => (format!("{}_pct", stem.strip_suffix("_us")?), Scale::Share),
        Some(Unit::Bytes) => (format!("{stem}_per_sec"), Scale::Bytes),
        None => (format!("{stem}_per_sec"), Scale::Events),
        Some(_) => return None,
    })
}

impl Derivation {
    /// What is derived from the counter of this name; nothing from what is no counter, or happens too rarely for a rate to say anything.
    ///
    /// ```
    /// use scope_core::field::Derivation;
    /// assert_eq!(Derivation::of("cpu_usage_us_total").map(|d| d.name().to_owned()), Some("cpu_pct".to_owned()));
    /// assert_eq!(Derivation::of("queue_messages_total").map(|d| d.name().to_owned()), Some("queue_messages_per_sec".to_owned()));
    /// assert_eq!(Derivation::of("mem_bytes"), None);
    /// ```
    pub fn of(counter: &str) -> Option<Arc<Self>> {
        if let Some(derivation) = BUILT_IN.get(counter) {
            return Some(Arc::clone(derivation));
        }
        if builtin::get(counter).is_some() {
            return None;
        }
        by_rule(counter).map(|(name, scale)| Arc::new(Self { name: Cow::Owned(name), scale }))
    }

    /// The derived figure's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The figure between two readings of the counter, `elapsed_us` microseconds apart. Absent where the counter fell, as it has wrapped or begun anew,
    /// and where no time has passed.
    pub fn rate(&self, before: Number, after: Number, elapsed_us: i64) -> Option<Number> {
        if elapsed_us <= 0 {
            return None;
        }
        let risen = match (before.as_u64(), after.as_u64()) {
            (Some(before), Some(after)) => after.checked_sub(before)? as f64,
            _ => Some(after.as_f64() - before.as_f64()).filter(|risen| *risen >= 0.0)?,
        };
        let per_us = risen / elapsed_us as f64;
        match self.scale {
            Scale::Share => rounded(per_us * 100.0),
            Scale::Bytes => Number::from_f64((per_us * 1e6).round()),
            Scale::Events => rounded(per_us * 1e6),
        }
    }
}

/// Derives all that can be derived from the figures of one node: rates from its counters and the `before` values of the same, percentages from parts and
/// wholes. `put` gets each derived figure by its name.
pub fn derive<'a>(
    after: impl IntoIterator<Item = (&'a str, Number)>,
    before: impl Fn(&str) -> Option<Number>,
    elapsed_us: i64,
    mut put: impl FnMut(Cow<'static, str>, Number),
) {
    let mut parts = [None; SHARES.len()];
    let mut wholes = [None::<(usize, Number)>; SHARES.len()];
    for (name, value) in after {
        if name.ends_with("_total") {
            let rate = || {
                let earlier = before(name)?;
                let derivation = Derivation::of(name)?;
                let rate = derivation.rate(earlier, value, elapsed_us)?;
                Some((derivation.name.clone(), rate))
            };
            if let Some((name, rate)) = rate() {
                put(name, rate);
            }
            continue;
        }
        for (((_, part, of), known), whole) in SHARES.iter().zip(&mut parts).zip(&mut wholes) {
            if name == *part {
                *known = Some(value);
            } else if let Some(rank) = of.iter().position(|of| name == *of)
                && value > Number::ZERO
                && whole.is_none_or(|(best, _)| rank < best)
            {
                *whole = Some((rank, value));
            }
        }
    }
    for (((name, ..), part), whole) in SHARES.iter().zip(parts).zip(wholes) {
        if let (Some(part), Some((_, whole))) = (part, whole)
            && let Some(share) = rounded(part.as_f64() / whole.as_f64() * 100.0)
        {
            put(Cow::Borrowed(name), share);
        }
    }
}

/// To two digits after the point: more is noise, and costs bytes in every record.
fn rounded(value: f64) -> Option<Number> {
    Number::from_f64((value * 100.0).round() / 100.0)
}
