//! The settings, read once: a flag wins over an `EQUIPOISE_…` variable, which wins over the settings file (TOML).

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::anyhow;
use anyhow::bail;
use clap::Args;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;

use crate::http::rate::Rate;
use crate::http::rate::RateSettings;
use crate::storage::url::DatabaseUrl;

/// Where the service listens if nothing else is said.
pub const LISTEN: &str = "127.0.0.1:8080";

/// Where an installation lies, as flags and variables say it.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// A settings file, TOML; flags and variables win over it.
    #[arg(long, env = "EQUIPOISE_CONFIG")]
    pub config: Option<PathBuf>,
    /// sqlite:PATH or postgres://USER@HOST/DATABASE
    #[arg(long, env = "EQUIPOISE_DATABASE", hide_env_values = true)]
    pub database: Option<DatabaseUrl>,
    /// The folder of the key files.
    #[arg(long, env = "EQUIPOISE_KEYS")]
    pub keys: Option<PathBuf>,
}

/// How the service is met, as flags and variables say it.
#[derive(Args, Clone, Debug, Default)]
pub struct Door {
    /// Address and port; port 0 takes any that is free. 127.0.0.1:8080 if nothing is said.
    #[arg(long, env = "EQUIPOISE_LISTEN")]
    pub listen: Option<String>,
    /// The public address, https://…
    #[arg(long, env = "EQUIPOISE_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Whether a proxy stands before the service.
    #[arg(long, env = "EQUIPOISE_BEHIND_PROXY", num_args = 0..=1, default_missing_value = "true")]
    pub behind_proxy: Option<bool>,
}

/// The settings file. It may hold the password of the database, so it is never shown.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, deserialize_with = "database")]
    database: Option<DatabaseUrl>,
    keys: Option<PathBuf>,
    listen: Option<String>,
    public_url: Option<String>,
    behind_proxy: Option<bool>,
    #[serde(default)]
    rates: RatesFile,
}

/// How often callers may ask; what is left out stays as it is built in.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RatesFile {
    sign_in: Option<RateFile>,
    person: Option<RateFile>,
    api_token: Option<RateFile>,
    allocation: Option<RateFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateFile {
    count: u32,
    seconds: u32,
}

fn database<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DatabaseUrl>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(D::Error::custom)
}

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    database: Option<DatabaseUrl>,
    keys: Option<PathBuf>,
    /// Where the service listens.
    pub listen: String,
    /// The public address without a slash at its end; empty where it is not known.
    pub public_url: String,
    /// Whether a proxy stands before the service.
    pub behind_proxy: bool,
    /// How often callers may ask.
    pub rates: RateSettings,
}

impl Settings {
    /// Reads the settings. Errors: a file that can't be read, an unknown key, a value that is not taken.
    pub fn read(place: &Place, door: &Door) -> anyhow::Result<Self> {
        let file = place.config.as_deref().map_or_else(|| Ok(File::default()), file)?;
        let public_url = door.public_url.clone().or(file.public_url).unwrap_or_default();
        Ok(Self {
            database: place.database.clone().or(file.database),
            keys: place.keys.clone().or(file.keys),
            listen: door.listen.clone().or(file.listen).unwrap_or_else(|| LISTEN.to_owned()),
            public_url: public_address(&public_url)?,
            behind_proxy: door.behind_proxy.or(file.behind_proxy).unwrap_or(false),
            rates: rates(&file.rates)?,
        })
    }

    /// The database.
    pub fn database(&self) -> anyhow::Result<&DatabaseUrl> {
        self.database
            .as_ref()
            .ok_or_else(|| missing("database", "sqlite:PATH or postgres://USER@HOST/DATABASE"))
    }

    /// The folder of the key files.
    pub fn keys(&self) -> anyhow::Result<&Path> {
        self.keys.as_deref().ok_or_else(|| missing("keys", "the folder of the key files"))
    }
}

fn missing(name: &str, what: &str) -> anyhow::Error {
    let variable = name.to_uppercase();
    anyhow!(
        "no {name}: give --{name}, EQUIPOISE_{variable} or `{name} = \"…\"` in the settings file ({what})"
    )
}

fn file(path: &Path) -> anyhow::Result<File> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("can't read the settings file {shown}"))?;
    // The library's own message would show the line, which may hold a password.
    toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        anyhow!("{shown}:{line}: {}", error.message())
    })
}

fn public_address(sent: &str) -> anyhow::Result<String> {
    let address = sent.trim_end_matches('/');
    let of_host = |scheme: &str| address.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty());
    let on_this_machine = ["http://127.0.0.1", "http://localhost"]
        .iter()
        .filter_map(|local| address.strip_prefix(local))
        .any(|rest| rest.is_empty() || rest.starts_with(':'));
    if address.is_empty() || of_host("https://") || on_this_machine {
        return Ok(address.to_owned());
    }
    bail!("the public address '{sent}' must be https://HOST (http:// only on this machine)")
}

fn rates(file: &RatesFile) -> anyhow::Result<RateSettings> {
    let built_in = RateSettings::default();
    let one = |name: &str, sent: &Option<RateFile>, otherwise: Rate| match sent {
        None => Ok(otherwise),
        Some(RateFile { count, seconds }) if *count > 0 && *seconds > 0 => {
            Ok(Rate { count: *count, seconds: *seconds })
        }
        Some(_) => Err(anyhow!("rates.{name}: count and seconds are at least 1")),
    };
    Ok(RateSettings {
        sign_in: one("sign_in", &file.sign_in, built_in.sign_in)?,
        person: one("person", &file.person, built_in.person)?,
        api_token: one("api_token", &file.api_token, built_in.api_token)?,
        allocation: one("allocation", &file.allocation, built_in.allocation)?,
        ..built_in
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, place: Place) -> anyhow::Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("equipoise.toml");
        fs::write(&path, text).unwrap();
        Settings::read(&Place { config: Some(path), ..place }, &Door::default())
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_what_is_built_in() {
        let text =
            "database = \"sqlite:file.db\"\nkeys = \"file\"\n[rates]\nsign_in = { count = 2, seconds = 9 }";
        let flag = Place { database: Some("sqlite:flag.db".parse().unwrap()), ..Place::default() };
        let settings = read(text, flag).unwrap();
        assert_eq!(settings.database().unwrap().to_string(), "sqlite:flag.db");
        assert_eq!(settings.keys().unwrap(), Path::new("file"));
        assert_eq!(settings.listen, LISTEN);
        assert_eq!(settings.rates.sign_in, Rate { count: 2, seconds: 9 });
        assert_eq!(settings.rates.person, RateSettings::default().person);
    }

    #[test]
    fn an_unknown_key_is_refused_at_its_line_and_no_password_is_shown() {
        let text = "keys = \"k\"\ndatabase = \"postgres://u:hushhush@far.example.org/d\"";
        let far = read(text, Place::default()).unwrap_err().to_string();
        assert!(far.contains("equipoise.toml:2: ") && far.contains("far.example.org"), "{far}");
        assert!(!far.contains("hushhush"), "{far}");
        let text = "database = \"postgres://u:hushhush@localhost/d\"\ndatabas = 1";
        let unknown = read(text, Place::default()).unwrap_err().to_string();
        assert!(unknown.contains("equipoise.toml:2: ") && unknown.contains("databas"), "{unknown}");
        assert!(!unknown.contains("hushhush"), "{unknown}");
        let settings = read("database = \"postgres://u:hushhush@localhost/d\"", Place::default()).unwrap();
        assert!(!format!("{settings:?}").contains("hushhush"));
    }

    #[test]
    fn a_public_address_in_clear_text_and_a_rate_of_nothing_are_refused() {
        let address = |text: &str| read(&format!("public_url = \"{text}\""), Place::default());
        assert_eq!(address("https://trial.example/").unwrap().public_url, "https://trial.example");
        assert!(address("http://trial.example").is_err());
        assert!(address("https://").is_err());
        assert!(address("http://localhost:8080").is_ok());
        assert!(address("http://localhost.example.org").is_err());
        assert!(read("[rates]\nperson = { count = 0, seconds = 1 }", Place::default()).is_err());
    }

    #[test]
    fn a_setting_that_is_missing_says_how_to_give_it() {
        let nothing = Settings::read(&Place::default(), &Door::default()).unwrap();
        let error = nothing.database().unwrap_err().to_string();
        assert!(error.contains("--database") && error.contains("EQUIPOISE_DATABASE"), "{error}");
    }
}
