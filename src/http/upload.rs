//! Protocols as they are sent: one file, or the folder with the texts beside it as a zip file. Nothing is unpacked to a disk.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::io::Read;

use actix_web::FromRequest;
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use futures_util::future::LocalBoxFuture;
use zip::ZipArchive;

use crate::http::body;
use crate::http::problem::Problem;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::canonical;
use crate::kernel::error::FieldError;

/// The most bytes that are sent.
pub const LIMIT: usize = 2 * 1024 * 1024;
/// The most bytes that a zip file holds, all files together and unpacked.
const MOST_UNPACKED: u64 = 8 * 1024 * 1024;
/// The most files and folders in a zip file.
const MOST_ENTRIES: usize = 1000;
/// The longest path in a zip file, in bytes.
const LONGEST_NAME: usize = 200;
const TOML: &str = "application/toml";
const ZIP: &str = "application/zip";

/// A protocol, and what lies beside it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Upload {
    /// The file.
    pub protocol: String,
    /// Path → text, as they lie beside it; `None` where the file was sent alone.
    pub texts: Option<BTreeMap<String, String>>,
}

impl Upload {
    /// What was sent, for the fingerprint of a retry: a folder that is packed again is the same.
    pub fn canonical(&self) -> Result<String, Error> {
        canonical::text_of(&(&self.protocol, &self.texts))
    }

    /// Reads the folder in a zip file: the protocol at the top, everything else below `messages/`.
    pub fn unpack(bytes: &[u8]) -> Result<Self, Error> {
        let mut archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|_| malformed("The body is no zip file."))?;
        if archive.len() > MOST_ENTRIES {
            return Err(Error::field("", "field.length", format!("has more than {MOST_ENTRIES} files")));
        }
        let mut folder = Folder { left: MOST_UNPACKED, ..Folder::default() };
        for number in 0..archive.len() {
            let mut file = archive.by_index(number).map_err(|_| malformed("The zip file can't be read."))?;
            let name =
                file.name().map_err(|_| malformed("A name in the zip file can't be read."))?.into_owned();
            let is_plain = !file.is_symlink() && !file.encrypted();
            let is_folder = file.is_dir();
            folder.take(&name, is_folder, is_plain, &mut file)?;
        }
        folder.finish()
    }
}

/// A folder while it is read.
#[derive(Default)]
struct Folder {
    left: u64,
    protocols: Vec<String>,
    texts: BTreeMap<String, String>,
    faults: Vec<FieldError>,
}

impl Folder {
    fn take(
        &mut self,
        name: &str,
        is_folder: bool,
        is_plain: bool,
        file: &mut dyn Read,
    ) -> Result<(), Error> {
        if !is_path(name.strip_suffix('/').filter(|_| is_folder).unwrap_or(name)) {
            self.fault(name, "field.format", "is no plain path from the folder of the protocol");
            return Ok(());
        }
        if is_folder {
            return Ok(());
        }
        let (is_protocol, is_text) = (is_protocol(name), is_text(name));
        if !is_plain {
            self.fault(name, "field.format", "is a link, or encrypted");
        } else if !is_protocol && !is_text {
            self.fault(
                name,
                "field.unknown",
                "is neither the protocol (one .toml file at the top) nor a text (.md, .toml) below messages/",
            );
        } else if let Some(content) = self.read(name, file)? {
            if is_protocol {
                self.protocols.push(content);
            } else {
                self.texts.insert(name.to_owned(), content);
            }
        }
        Ok(())
    }

    /// The content of a file. What its header says about its size is not believed.
    fn read(&mut self, name: &str, file: &mut dyn Read) -> Result<Option<String>, Error> {
        let mut content = Vec::new();
        let read = file.take(self.left + 1).read_to_end(&mut content);
        let length = read.map_err(|_| malformed("A file in the zip file can't be unpacked."))?;
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        let left = self.left.checked_sub(length).ok_or_else(|| {
            let detail = format!("Unpacked, a folder has at most {MOST_UNPACKED} bytes.");
            Error::new(Kind::TooLarge, "body.too_large").detail(detail)
        })?;
        self.left = left;
        let text = String::from_utf8(content).ok();
        if text.is_none() {
            self.fault(name, "field.format", "is no UTF-8 text");
        }
        Ok(text)
    }

    fn fault(&mut self, name: &str, code: &str, detail: &str) {
        let mut pointer = String::new();
        body::push_segment(&mut pointer, name);
        self.faults.push(FieldError::new(pointer, code, detail));
    }

    fn finish(mut self) -> Result<Upload, Error> {
        if self.protocols.len() != 1 && self.faults.is_empty() {
            let detail =
                format!("has one .toml file at the top, the protocol; here are {}", self.protocols.len());
            self.faults.push(FieldError::new("", "field.required", detail));
        }
        match self.protocols.pop() {
            Some(protocol) if self.faults.is_empty() => Ok(Upload { protocol, texts: Some(self.texts) }),
            Some(_) | None => Err(Error::invalid("body.invalid").with_fields(self.faults)),
        }
    }
}

/// Names between slashes: no root, no step up, nothing that another system reads in its own way.
fn is_path(name: &str) -> bool {
    let is_name = |part: &str| {
        let is_fit = |c: char| !c.is_control() && !matches!(c, '\\' | ':');
        !part.is_empty() && part != "." && part != ".." && part.chars().all(is_fit)
    };
    name.len() <= LONGEST_NAME && name.split('/').all(is_name)
}

fn is_protocol(name: &str) -> bool {
    !name.contains('/') && name.ends_with(".toml")
}

fn is_text(name: &str) -> bool {
    name.starts_with("messages/") && (name.ends_with(".md") || name.ends_with(".toml"))
}

fn malformed(detail: &str) -> Error {
    Error::new(Kind::Malformed, "request.malformed").detail(detail)
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_zip = body::is_of_type(request, ZIP);
        let typed = is_zip || body::is_of_type(request, TOML);
        let length = body::announced(request);
        let payload = payload.take();
        Box::pin(async move {
            if !typed {
                return Err(body::unsupported(&format!("{TOML} or {ZIP}")).into());
            }
            let bytes = body::read(payload, length, LIMIT).await?;
            if is_zip {
                return Ok(Self::unpack(&bytes)?);
            }
            let protocol = String::from_utf8(bytes).map_err(|_| malformed("The body is no UTF-8 text."))?;
            Ok(Self { protocol, texts: None })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header;
    use actix_web::test::TestRequest;
    use proptest::prelude::*;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(content).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    /// Code, and for each fault the pointer and its code.
    fn refusal(bytes: &[u8]) -> (&'static str, Vec<(String, String)>) {
        let error = Upload::unpack(bytes).unwrap_err();
        let fields = error.fields().iter().map(|field| (field.pointer.clone(), field.code.clone()));
        (error.code(), fields.collect())
    }

    #[test]
    fn a_folder_is_its_protocol_and_its_texts() {
        let (document, words) = ("messages/alma/en/consent.md", "messages/alma/sv.toml");
        let sound = zipped(&[(document, b"We ask."), ("alma.toml", b"format = 1"), (words, b"a = 1")]);
        let found = Upload::unpack(&sound).unwrap();
        assert_eq!(found.protocol, "format = 1");
        let texts = [(document, "We ask."), (words, "a = 1")];
        assert_eq!(found.texts, Some(texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into()));
        let again = zipped(&[(words, b"a = 1"), ("other.toml", b"format = 1"), (document, b"We ask.")]);
        assert_eq!(found.canonical().unwrap(), Upload::unpack(&again).unwrap().canonical().unwrap());
    }

    #[test]
    fn paths_that_lead_elsewhere_and_unknown_files_are_refused_by_name() {
        for (name, code) in [
            ("../alma.toml", "field.format"),
            ("messages/../../etc/cron.d/x.md", "field.format"),
            ("/alma.toml", "field.format"),
            ("C:\\alma.toml", "field.format"),
            ("messages\\alma\\en\\consent.md", "field.format"),
            ("messages//consent.md", "field.format"),
            ("messages/./consent.md", "field.format"),
            ("messages/a\u{7}.md", "field.format"),
            ("README.md", "field.unknown"),
            ("messages/alma/en/consent.html", "field.unknown"),
            ("texts/alma/en/consent.md", "field.unknown"),
            ("__MACOSX/alma.toml", "field.unknown"),
        ] {
            let bytes = zipped(&[("alma.toml", b"format = 1"), (name, b"x")]);
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            assert_eq!(refusal(&bytes), ("body.invalid", vec![(pointer, code.to_owned())]), "{name}");
        }
        let long = format!("messages/{}.md", "x".repeat(LONGEST_NAME));
        assert_eq!(refusal(&zipped(&[(&long, b"x")])).1[0].1, "field.format");
    }

    #[test]
    fn links_foreign_letters_and_more_or_less_than_one_protocol_are_refused() {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("alma.toml", SimpleFileOptions::default()).unwrap();
        archive.add_symlink("messages/a.md", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let linked = archive.finish().unwrap().into_inner();
        let fault = |pointer: &str, code: &str| ("body.invalid", vec![(pointer.to_owned(), code.to_owned())]);
        assert_eq!(refusal(&linked), fault("/messages~1a.md", "field.format"));
        assert_eq!(refusal(&zipped(&[("a.toml", b"\xff")])), fault("/a.toml", "field.format"));
        assert_eq!(refusal(&zipped(&[("a.toml", b""), ("b.toml", b"")])), fault("", "field.required"));
        assert_eq!(refusal(&zipped(&[("messages/a.toml", b"")])), fault("", "field.required"));
        assert_eq!(refusal(&zipped(&[])), fault("", "field.required"));
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused_although_it_is_small() {
        let zeros = vec![b' '; usize::try_from(MOST_UNPACKED).unwrap()];
        let bomb = zipped(&[("alma.toml", b"format = 1"), ("messages/a.md", &zeros)]);
        assert!(bomb.len() < 20_000);
        assert_eq!(refusal(&bomb).0, "body.too_large");
        // A header that tells of a small file is not believed.
        let mut liar = bomb.clone();
        let size = u32::try_from(MOST_UNPACKED).unwrap().to_le_bytes();
        let places: Vec<usize> = (0..liar.len() - 4).filter(|at| liar[*at..*at + 4] == size).collect();
        assert!(places.len() >= 2);
        places.into_iter().for_each(|at| liar[at..at + 4].copy_from_slice(&5_u32.to_le_bytes()));
        assert!(["body.too_large", "request.malformed"].contains(&refusal(&liar).0));
        let names: Vec<String> = (0..=MOST_ENTRIES).map(|number| format!("messages/{number}.md")).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert_eq!(refusal(&zipped(&many)).1[0].1, "field.length");
    }

    #[test]
    fn broken_archives_are_malformed() {
        let sound = zipped(&[("alma.toml", b"format = 1, and more of it: aaaaaaaaaaaaaaaaaaaaaaaaaaaa")]);
        for broken in [&b""[..], b"PK", b"format = 1", &sound[..sound.len() / 2], &sound[..sound.len() - 1]] {
            assert_eq!(refusal(broken).0, "request.malformed");
        }
    }

    proptest! {
        #[test]
        fn no_change_of_a_byte_breaks_the_reader(at in 0usize..300, byte in any::<u8>()) {
            let mut bytes = zipped(&[("alma.toml", b"format = 1"), ("messages/alma/en/consent.md", b"We ask.")]);
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(upload) = Upload::unpack(&bytes) {
                prop_assert!(upload.protocol.len() < 100);
            }
        }
    }

    #[actix_web::test]
    async fn a_protocol_comes_in_two_types() {
        let zip = zipped(&[("alma.toml", b"a = 1")]);
        for (content_type, body, expected) in [
            ("application/toml", &b"a = 1"[..], Ok(None)),
            ("application/toml; charset=utf-8", b"a = 1", Ok(None)),
            ("application/zip", &zip, Ok(Some(BTreeMap::new()))),
            ("application/json", b"{}", Err("content_type.unsupported")),
            ("application/toml", b"\xff", Err("request.malformed")),
        ] {
            let request = TestRequest::post().insert_header((header::CONTENT_TYPE, content_type));
            let (request, mut payload) = request.set_payload(body.to_vec()).to_http_parts();
            let found = Upload::from_request(&request, &mut payload).await;
            assert_eq!(found.map(|found| found.texts).map_err(|problem| problem.error().code()), expected);
        }
        let request = TestRequest::post().insert_header((header::CONTENT_TYPE, "application/toml"));
        let (request, mut payload) = request.set_payload(vec![b' '; LIMIT + 1]).to_http_parts();
        let large = Upload::from_request(&request, &mut payload).await.unwrap_err();
        assert_eq!(large.error().code(), "body.too_large");
    }
}
