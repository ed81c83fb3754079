//! How wide a text is, roughly, without a browser to ask.

/// Width in CSS pixels at a font size, rather too much than too little.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// Advance of a character in a wide system sans (DejaVu Sans), in parts of the font size.
fn advance(c: char) -> f64 {
    match c {
        '0'..='9' => 0.637,
        'i' | 'j' | 'l' | '\'' | '|' => 0.29,
        'f' | 't' | 'r' | 'I' | '.' | ',' | ':' | ';' | '!' | '(' | ')' | '[' | ']' | ' ' => 0.39,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' => 0.99,
        '−' | '+' | '=' | '×' | '±' => 0.84,
        '\u{2009}' => 0.2,
        'A'..='Z' => 0.7,
        c if c.is_ascii() => 0.61,
        // Letters of other alphabets; ideographs fill the square.
        c if (c as u32) < 0x1100 => 0.7,
        _ => 1.0,
    }
}

/// The text, cut with an ellipsis so that it fits; empty if not even that fits.
pub fn truncate(text: &str, size: f64, room: f64) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(400)
        .collect();
    if width(&clean, size) <= room && clean.len() >= text.len() {
        return clean;
    }
    let mut left = room - advance('…') * size;
    if left < 0.0 {
        return String::new();
    }
    let mut out = String::new();
    for c in clean.chars() {
        left -= advance(c) * size;
        if left < 0.0 {
            break;
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_to_its_room() {
        let name = "a very long column name, as spreadsheets have them (in thousands of units)";
        let cut = truncate(name, 12.0, 120.0);
        assert!(cut.ends_with('…') && cut.starts_with("a very"));
        assert!(width(&cut, 12.0) <= 120.0);
    }

    #[test]
    fn a_short_name_is_kept_and_no_room_is_no_text() {
        assert_eq!(truncate("waiting", 12.0, 120.0), "waiting");
        assert_eq!(truncate("waiting", 12.0, 3.0), "");
        assert_eq!(truncate("", 12.0, 0.0), "");
    }
}
