//! Secrets: drawn at random, shown once, and known afterwards by their hash. What they open is the business of whoever asks for one.

use std::fmt;

use crate::server::store::SecretHash;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 43 digits of 62 hold 256 bits.
const DIGITS: usize = 43;
/// The longest secret that is worth hashing.
const MAX_BYTES: usize = 128;

/// No random numbers are to be had.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random numbers, so no secret can be made: {0}")]
pub struct NoEntropy(getrandom::Error);

/// A secret, with a prefix that says what it is. It is in no log: its `Debug` is its prefix.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one: `prefix` and 256 random bits in base 62.
    pub fn draw(prefix: &str) -> Result<Self, NoEntropy> {
        let mut text = String::with_capacity(prefix.len() + DIGITS);
        text.push_str(prefix);
        let mut random = [0; 64];
        while text.len() < prefix.len() + DIGITS {
            getrandom::fill(&mut random).map_err(NoEntropy)?;
            // 248 is the greatest multiple of 62 in a byte: with what lies above, some digits would come more often.
            let digits = random.iter().filter(|byte| **byte < 248).map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
            text.extend(digits.take(prefix.len() + DIGITS - text.len()));
        }
        Ok(Self(text))
    }

    /// A secret that came from elsewhere; none that no secret of ours looks like.
    pub fn read(text: &str) -> Option<Self> {
        let fits = (DIGITS..=MAX_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        fits.then(|| Self(text.to_owned()))
    }

    /// Itself: to be shown once, or sent to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.0.rfind('_').map_or("", |end| &self.0[..end]);
        write!(f, "Secret({prefix}…)")
    }
}
