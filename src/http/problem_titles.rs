//! The titles of problems in the languages of the service, and which of them a client wants (RFC 9110, section 12.5.4).

use actix_web::HttpRequest;
use actix_web::http::header::AcceptLanguage;
use actix_web::http::header::Header;
use actix_web::http::header::Preference;

use crate::http::problem_table::Row;

/// A language in which problems have titles.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Swedish.
    Sv,
    /// German.
    De,
}

impl Language {
    /// The one that a request wants most; English where it wants none of them.
    pub fn wanted(request: &HttpRequest) -> Self {
        let ranked = AcceptLanguage::parse(request).map(|wanted| wanted.ranked()).unwrap_or_default();
        let known = ranked.iter().find_map(|wanted| match wanted {
            Preference::Any => Some(Self::En),
            Preference::Specific(tag) => match tag.primary_language() {
                "en" => Some(Self::En),
                "sv" => Some(Self::Sv),
                "de" => Some(Self::De),
                _ => None,
            },
        });
        known.unwrap_or_default()
    }

    /// Its tag (BCP 47).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Sv => "sv",
            Self::De => "de",
        }
    }
}

/// The title of a problem in a language.
pub fn title(row: &'static Row, language: Language) -> &'static str {
    let found = TITLES.iter().find(|(code, ..)| *code == row.code);
    match (language, found) {
        (Language::Sv, Some((_, sv, _))) => sv,
        (Language::De, Some((_, _, de))) => de,
        (Language::En, _) | (_, None) => row.title,
    }
}

/// Code, Swedish, German; the English title stands in the table of codes.
const TITLES: &[(&str, &str, &str)] = &[
    ("request.malformed", "Felaktig begäran", "Fehlerhafte Anfrage"),
    ("query.unknown_parameter", "Okänd parameter eller okänt värde", "Unbekannter Parameter oder Wert"),
    ("cursor.invalid", "Ogiltig markör", "Ungültiger Cursor"),
    ("idempotency.key_missing", "Idempotency-Key saknas", "Idempotency-Key fehlt"),
    ("idempotency.key_malformed", "Felaktig Idempotency-Key", "Fehlerhafter Idempotency-Key"),
    ("session.missing", "Inte inloggad", "Nicht angemeldet"),
    ("session.expired", "Sessionen är avslutad", "Sitzung beendet"),
    ("session.reused", "Förnyelsetoken använd på nytt", "Erneuerungstoken erneut verwendet"),
    ("session.refused", "Inloggningen nekades", "Anmeldung abgelehnt"),
    ("session.level_too_low", "Bekräftelse krävs", "Bestätigung nötig"),
    ("reauthentication.required", "Nytt identitetsbevis krävs", "Neuer Identitätsnachweis nötig"),
    ("permission.denied", "Inte tillåtet", "Nicht erlaubt"),
    ("permission.duty_missing", "Uppdraget saknas", "Aufgabe fehlt"),
    ("permission.token_scope", "Utanför tokens behörighet", "Außerhalb der Rechte des Tokens"),
    ("permission.own_act", "En andra person krävs", "Eine zweite Person ist nötig"),
    ("training.missing", "Utbildning saknas", "Schulung fehlt"),
    ("not_found", "Hittades inte", "Nicht gefunden"),
    ("method.not_allowed", "Metoden är inte tillåten", "Methode nicht erlaubt"),
    ("accept.unsupported", "Ingen godtagbar form", "Keine annehmbare Form"),
    ("conflict", "Konflikt", "Konflikt"),
    ("study.not_open", "Studien är inte öppen", "Studie nicht offen"),
    ("study.paused", "Studien är pausad", "Studie pausiert"),
    ("study.locked", "Studien är låst", "Studie gesperrt"),
    ("study.not_ready", "Studien är inte redo", "Studie nicht bereit"),
    ("lock.blocked", "Låsningen hindras", "Sperre nicht möglich"),
    ("site.closed", "Centret är stängt", "Zentrum geschlossen"),
    ("protocol.not_newer", "Protokollet är inte nyare", "Protokoll nicht neuer"),
    ("approval.missing", "Godkännande saknas", "Genehmigung fehlt"),
    ("step.out_of_order", "Steget kommer i fel ordning", "Schritt außer der Reihe"),
    ("participant.excluded", "Deltagaren är exkluderad", "Teilnehmer ausgeschlossen"),
    ("participant.held", "Deltagaren är spärrad", "Teilnehmer zurückgehalten"),
    ("consent.missing", "Samtycke saknas", "Einwilligung fehlt"),
    ("consent.version_outdated", "Samtyckestexten är föråldrad", "Einwilligungstext veraltet"),
    ("consent.already_given", "Samtycke är redan givet", "Einwilligung schon gegeben"),
    ("identity.cut", "Identiteten är bortklippt", "Identität getrennt"),
    ("allocation.not_ready", "Inte redo för lottning", "Nicht bereit für die Zuteilung"),
    ("allocation.exists", "Redan lottad", "Schon zugeteilt"),
    ("allocation.missing", "Inte lottad", "Nicht zugeteilt"),
    ("allocation.strata_changed", "Strata har ändrats", "Strata geändert"),
    ("design.immutable", "Designen kan inte ändras", "Design nicht änderbar"),
    ("design.not_committed", "Designen är inte fastställd", "Design nicht festgelegt"),
    ("reveal.not_locked", "Avslöjande före låsning", "Aufdeckung vor der Sperre"),
    ("assessment.not_open", "Mätningen är inte öppen än", "Erhebung noch nicht offen"),
    ("assessment.closed", "Mätningen är stängd", "Erhebung geschlossen"),
    ("response.already_submitted", "Redan inskickat", "Schon abgesendet"),
    ("response.not_submitted", "Inte inskickat", "Nicht abgesendet"),
    ("record.locked", "Posten är låst", "Datensatz gesperrt"),
    ("alert.claimed", "Larmet är redan taget", "Alarm schon übernommen"),
    ("alert.incomplete", "Larmet är ofullständigt", "Alarm unvollständig"),
    ("alert.closed", "Larmet är stängt", "Alarm geschlossen"),
    ("study.alias_taken", "Aliaset är upptaget", "Alias vergeben"),
    ("role.incompatible", "Rollerna går inte ihop", "Rollen nicht vereinbar"),
    ("role.exposed", "Redan avblindad", "Schon entblindet"),
    ("proposal.settled", "Förslaget är avgjort", "Vorschlag entschieden"),
    ("proposal.expired", "Förslaget har gått ut", "Vorschlag abgelaufen"),
    ("idempotency.in_progress", "Pågår fortfarande", "Läuft noch"),
    ("idempotency.secret_gone", "Hemligheten visades en gång", "Geheimnis nur einmal gezeigt"),
    ("assessment.incomplete", "Mätningen är ofullständig", "Erhebung unvollständig"),
    ("criterion.not_met", "Kriteriet är inte uppfyllt", "Kriterium nicht erfüllt"),
    ("criterion.undetermined", "Kriteriet är obestämt", "Kriterium unbestimmt"),
    ("decision.missing", "Beslut saknas", "Entscheidung fehlt"),
    ("factor.undefined", "Faktorn saknar värde", "Faktor ohne Wert"),
    ("hold.open", "En spärr är öppen", "Offene Zurückhaltung"),
    ("alert.open", "Ett larm är öppet", "Offenes Alarm"),
    ("link.gone", "Länken gäller inte", "Link ungültig"),
    ("token.gone", "Token gäller inte", "Token ungültig"),
    ("precondition.failed", "Ändrat under tiden", "Inzwischen geändert"),
    ("body.too_large", "För stor kropp", "Inhalt zu groß"),
    ("content_type.unsupported", "Innehållstypen tas inte emot", "Inhaltstyp nicht angenommen"),
    ("body.invalid", "Ogiltigt innehåll", "Ungültiger Inhalt"),
    ("reason.required", "Skäl krävs", "Begründung nötig"),
    ("confirm_code.mismatch", "Koden stämmer inte", "Code stimmt nicht"),
    ("password.weak", "Svagt lösenord", "Schwaches Passwort"),
    ("answers.invalid", "Ogiltiga svar", "Ungültige Antworten"),
    ("answers.confirm_needed", "Bekräfta svaren", "Bitte bestätigen"),
    ("protocol.invalid", "Ogiltigt protokoll", "Ungültiges Protokoll"),
    ("protocol.unsupported", "Protokollet stöds inte", "Protokoll nicht unterstützt"),
    ("design.invalid", "Ogiltig design", "Ungültiges Design"),
    ("idempotency.key_reused", "Nyckeln är redan använd", "Schlüssel schon verwendet"),
    ("field.required", "Fältet saknas", "Feld fehlt"),
    ("field.unknown", "Okänt fält", "Unbekanntes Feld"),
    ("field.type", "Fel typ", "Falscher Typ"),
    ("field.range", "Utanför tillåtet område", "Außerhalb des Bereichs"),
    ("field.length", "Fel längd", "Falsche Länge"),
    ("field.format", "Fel format", "Falsches Format"),
    ("field.choice", "Inte bland valen", "Nicht unter den Möglichkeiten"),
    ("precondition.missing", "If-Match saknas", "If-Match fehlt"),
    ("rate.limited", "För många förfrågningar", "Zu viele Anfragen"),
    ("sign_in.delayed", "Inloggningen får vänta", "Anmeldung verzögert"),
    ("export.busy", "För många exporter", "Zu viele Exporte"),
    ("unavailable", "Inte tillgänglig", "Nicht verfügbar"),
    ("allocation.unavailable", "Lottning inte tillgänglig", "Zuteilung nicht verfügbar"),
    ("internal", "Internt fel", "Interner Fehler"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem_table::TABLE;
    use actix_web::test::TestRequest;

    #[test]
    fn every_code_has_a_title_in_each_language() {
        let codes: Vec<&str> = TABLE.iter().map(|row| row.code).collect();
        let titled: Vec<&str> = TITLES.iter().map(|(code, ..)| *code).collect();
        assert_eq!(titled, codes);
        for row in TABLE {
            for language in [Language::Sv, Language::De] {
                let title = title(row, language);
                assert!(!title.is_empty() && !title.ends_with('.'), "{} {language:?}", row.code);
            }
        }
    }

    #[test]
    fn the_language_is_the_one_that_is_wanted_most() {
        let wanted = |header: &str| {
            Language::wanted(&TestRequest::get().insert_header(("Accept-Language", header)).to_http_request())
        };
        assert_eq!(wanted("sv"), Language::Sv);
        assert_eq!(wanted("de-AT, en;q=0.5"), Language::De);
        assert_eq!(wanted("fr, sv;q=0.2, en;q=0.8"), Language::En);
        assert_eq!(wanted("fr"), Language::En);
        assert_eq!(wanted(";;;"), Language::En);
        assert_eq!(Language::wanted(&TestRequest::get().to_http_request()), Language::En);
    }
}
