//! Base 32 in Crockford's alphabet: what ids, secrets and participant codes are written in.

/// The thirty-two digits: no I, L, O, U.
pub const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The value of a letter or digit; look-alikes count as what they look like (I and L as 1, O as 0, U as V).
pub fn value_of(character: char) -> Option<u8> {
    let upper = character.to_ascii_uppercase();
    let alike = match upper {
        'I' | 'L' => '1',
        'O' => '0',
        'U' => 'V',
        other => other,
    };
    ALPHABET.iter().position(|&digit| char::from(digit) == alike).and_then(|at| u8::try_from(at).ok())
}

/// The digit of a value below 32; larger values wrap.
pub fn digit(value: u8) -> char {
    ALPHABET.get(usize::from(value % 32)).map_or('0', |&byte| char::from(byte))
}

/// `length` digits in small letters, five bits of `bytes` each, first bit first.
pub fn lower(bytes: &[u8], length: usize) -> String {
    (0..length)
        .map(|at| {
            let value = (0..5).fold(0u8, |value, bit| {
                let place = at * 5 + bit;
                let byte = bytes.get(place / 8).copied().unwrap_or(0);
                (value << 1) | ((byte >> (7 - place % 8)) & 1)
            });
            digit(value).to_ascii_lowercase()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_bits_make_a_digit() {
        assert_eq!(lower(&[0b0000_0000, 0b0100_0011, 0b1110_0000], 4), "011y");
        assert_eq!(value_of('o'), Some(0));
        assert_eq!(value_of('l'), Some(1));
        assert_eq!(value_of('-'), None);
    }
}
