//! Passwords: kept as Argon2id hashes, refused where they are weak.

use argon2::Argon2;
use argon2::PasswordHasher;
use argon2::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;

use crate::kernel::Error;
use crate::kernel::entropy::Entropy;
use crate::kernel::entropy::sixteen;
use crate::storage::people::Account;

/// Passwords have at least so many characters.
const SHORTEST_PASSWORD: usize = 12;
/// Passwords have at most so many characters.
const LONGEST_PASSWORD: usize = 128;
/// Passwords that everybody tries first.
const COMMON: [&str; 9] = [
    "password1234",
    "passwordpassword",
    "123456789012",
    "qwertyuiopas",
    "letmeinletmein",
    "adminadminadmin",
    "welcomewelcome",
    "iloveyouiloveyou",
    // What `init` prints in its example.
    "a long phrase of your own",
];

/// Hashes a password with Argon2id.
pub fn hash(password: &str, entropy: &dyn Entropy) -> Result<String, Error> {
    let salt = sixteen(entropy)?;
    let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hashed
        .map(|hash| hash.to_string())
        .map_err(|error| Error::internal(format!("a password can't be hashed: {error}")))
}

/// Whether this is the password; the same work without a stored one.
pub fn is_right(password: &str, stored: Option<&str>) -> bool {
    // Unknown logins do the same work.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let known = stored.is_some();
    let parsed = PasswordHash::new(stored.unwrap_or(NOBODY));
    parsed.is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        && known
}

/// Refuses a password that is too short, too common or too near to its holder.
pub fn refuse_weak(password: &str, account: &Account) -> Result<(), Error> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let words = [&account.login, &account.name, &account.organisation];
    let holds = |word: &str| word.chars().count() >= 4 && lower.contains(&word.to_lowercase());
    let personal = words.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric())).any(holds);
    let detail = if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length) {
        format!("has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    } else if COMMON.contains(&lower.as_str()) {
        "is one that everybody tries first".to_owned()
    } else if personal {
        "holds a word of the login, name or organisation".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::invalid("password.weak").detail(detail))
}
