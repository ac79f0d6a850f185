//! Reading Rust sources as far as needed to find the paths in them.

/// Replaces comments and literals by blanks, so that lines stay what they are.
fn without_comments_and_literals(source: &str) -> String {
    let text: Vec<char> = source.chars().collect();
    let mut kept = String::with_capacity(source.len());
    let mut at = 0;
    while at < text.len() {
        let end = end_of_skipped(&text, at);
        if end == at {
            kept.push(text[at]);
            at += 1;
        } else {
            kept.extend(text[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    kept
}

/// Where the comment or literal that begins here ends; `at` itself if none begins.
fn end_of_skipped(text: &[char], at: usize) -> usize {
    let next = |ahead: usize| text.get(at + ahead).copied().unwrap_or(' ');
    let in_word = at > 0 && is_word(text[at - 1]);
    match text[at] {
        '/' if next(1) == '/' => (at..text.len()).find(|&i| text[i] == '\n').unwrap_or(text.len()),
        '/' if next(1) == '*' => end_of_block_comment(text, at),
        '"' => end_of_quoted(text, at + 1, '"'),
        'r' if !in_word || text[at - 1] == 'b' => end_of_raw(text, at).unwrap_or(at),
        '\'' if next(1) == '\\' || next(2) == '\'' => end_of_quoted(text, at + 1, '\''),
        _ => at,
    }
}

fn end_of_block_comment(text: &[char], begin: usize) -> usize {
    let mut depth = 0;
    let mut at = begin;
    while at + 1 < text.len() {
        match (text[at], text[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn end_of_quoted(text: &[char], mut at: usize, quote: char) -> usize {
    while at < text.len() && text[at] != quote {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

/// The end of `r"…"`, `r#"…"#` and so on; `None` if it is none.
fn end_of_raw(text: &[char], begin: usize) -> Option<usize> {
    let hashes = text[begin + 1..].iter().take_while(|&&c| c == '#').count();
    let inside = begin + 1 + hashes + 1;
    if text.get(inside - 1) != Some(&'"') {
        return None;
    }
    let closes = |at: usize| {
        text[at] == '"' && text[at + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes
    };
    (inside..text.len()).find(|&at| closes(at)).map(|at| at + 1 + hashes)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// A word, `::`, or another character, with its line.
type Token = (usize, String);

fn tokens(source: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(without_comments_and_literals(source).lines()) {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            found.push((line, rest[..length].to_owned()));
            rest = rest[length..].trim_start();
        }
    }
    found
}

/// A path as written, with its line: `crate::kernel::Error`. A group gives one path for each of its members.
pub type Named = (usize, Vec<String>);

/// All paths of two words or more, wherever they stand.
pub fn paths(source: &str) -> Vec<Named> {
    let tokens = tokens(source);
    let word = |at: usize| tokens.get(at).map(|(_, text)| text.as_str()).unwrap_or_default();
    let is_name = |at: usize| word(at).starts_with(is_word);
    let mut found = Vec::new();
    for (at, (line, first)) in tokens.iter().enumerate() {
        let goes_on = at >= 2 && word(at - 1) == "::" && (is_name(at - 2) || word(at - 2) == ">");
        if !first.starts_with(is_word) || goes_on {
            continue;
        }
        let mut path = vec![first.clone()];
        let mut end = at + 1;
        while word(end) == "::" && is_name(end + 1) {
            path.push(word(end + 1).to_owned());
            end += 2;
        }
        match (word(end), word(end + 1)) {
            ("::", "*") => path.push("*".to_owned()),
            ("::", "{") => {
                found.extend(
                    members(&tokens, end + 2)
                        .into_iter()
                        .map(|(line, member)| (line, path.iter().cloned().chain([member]).collect())),
                );
                path.push("{".to_owned());
            }
            ("as", _) => path.push("as".to_owned()),
            _ => {}
        }
        if path.len() > 1 {
            found.push((*line, path));
        }
    }
    found
}

/// The first words of the members of a group that begins here.
fn members(tokens: &[Token], begin: usize) -> Vec<(usize, String)> {
    let mut depth = 1;
    let mut is_first = true;
    let mut found = Vec::new();
    for (line, text) in &tokens[begin..] {
        match text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," => is_first = depth == 1,
            name if is_first => {
                found.push((*line, name.to_owned()));
                is_first = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}
