use super::dialect::Decimal;

/// A cell taken for a number; the value may be infinite where the spelling overflows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    /// Spelled plainly.
    Plain(f64),
    /// Spelled with thousands separators in the right places.
    Grouped(f64),
    /// Not a number.
    No,
}

/// The double nearest to what is spelled: sign, digits with at most one decimal sign
/// among them, exponent. Nothing else is a number: no hexadecimals, underscores, blanks
/// within, dates, full-width digits. Where commas are not decimal they may separate
/// thousands, and where points are not decimal they may.
pub(super) fn parse(cell: &[u8], decimal: Decimal) -> Number {
    match decimal_number(cell, decimal.sign()) {
        Ok(value) => Number::Plain(value),
        Err(scan) => parse_rest(cell, decimal.sign(), scan),
    }
}

/// Sign, digits and at most one decimal sign, as nearly all numbers are spelled; `None` for
/// anything else, and for more digits than two exact doubles hold.
#[inline]
pub(super) fn quick(cell: &[u8], decimal: Decimal) -> Option<f64> {
    decimal_number(cell, decimal.sign()).ok()
}

/// How far a cell looks like a plain number.
struct Scan {
    /// Digits so far.
    digits: usize,
    /// What comes after them.
    at: usize,
}

#[inline(always)]
fn decimal_number(cell: &[u8], sign: u8) -> Result<f64, Scan> {
    let (mut digits, mut mantissa) = (0usize, 0u64);
    let mut at = usize::from(matches!(cell.first(), Some(b'+' | b'-')));
    let mut whole = None;
    while let Some(&byte) = cell.get(at) {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits += 1;
        } else if byte == sign && whole.is_none() {
            whole = Some(digits);
        } else {
            break;
        }
        at += 1;
    }
    let decimals = whole.map_or(0, |whole| digits - whole);
    // 19 digits fit into 64 bits. Below 2^53 they are an exact double, as are the powers of
    // ten up to 10^22: the quotient of two exact doubles is the nearest one (Clinger 1990).
    if at == cell.len() && (1..=19).contains(&digits) && mantissa < 1 << 53 {
        let value = mantissa as f64 / POWERS[decimals];
        return Ok(if cell[0] == b'-' { -value } else { value });
    }
    Err(Scan { digits, at })
}

/// What has an exponent, many digits or thousands separators, and what is no number.
#[inline(never)]
fn parse_rest(cell: &[u8], sign: u8, scan: Scan) -> Number {
    let Scan { digits, at } = scan;
    if digits == 0 {
        return Number::No;
    }
    match cell.get(at) {
        None => plain(cell, sign),
        Some(b'e' | b'E') if is_exponent(&cell[at + 1..]) => plain(cell, sign),
        Some(b',' | b'.') => {
            let start = usize::from(matches!(cell.first(), Some(b'+' | b'-')));
            grouped(cell, start, sign)
        }
        Some(_) => Number::No,
    }
}

const POWERS: [f64; 20] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19,
];

fn is_exponent(rest: &[u8]) -> bool {
    let digits = match rest {
        [b'+' | b'-', digits @ ..] => digits,
        digits => digits,
    };
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// The standard library's parser on a spelling already found to be plain.
fn plain(cell: &[u8], sign: u8) -> Number {
    let pointed;
    let spelled = if sign == b'.' {
        cell
    } else {
        pointed = cell
            .iter()
            .map(|&byte| if byte == sign { b'.' } else { byte });
        &pointed.collect::<Vec<u8>>()
    };
    let value = std::str::from_utf8(spelled)
        .ok()
        .and_then(|spelled| spelled.parse().ok());
    value.map_or(Number::No, Number::Plain)
}

/// 1,234 and 12,345,678.9: one to three digits, not starting with 0, then groups of three.
fn grouped(cell: &[u8], start: usize, sign: u8) -> Number {
    let separator = if sign == b'.' { b',' } else { b'.' };
    let end = cell
        .iter()
        .position(|&byte| byte == sign)
        .unwrap_or(cell.len());
    if cell[end..]
        .iter()
        .skip(1)
        .any(|byte| !byte.is_ascii_digit())
        || end < start
    {
        return Number::No;
    }
    let mut groups = cell[start..end].split(|&byte| byte == separator);
    let all_digits = |group: &[u8]| group.iter().all(u8::is_ascii_digit);
    let first_fits = groups.next().is_some_and(|first| {
        (1..=3).contains(&first.len()) && first[0] != b'0' && all_digits(first)
    });
    let rest: usize = groups
        .clone()
        .filter(|group| group.len() == 3 && all_digits(group))
        .count();
    if !first_fits || rest == 0 || rest != groups.count() {
        return Number::No;
    }
    let bare: Vec<u8> = cell
        .iter()
        .copied()
        .filter(|&byte| byte != separator)
        .collect();
    match plain(&bare, sign) {
        Number::Plain(value) => Number::Grouped(value),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(cell: &str) -> Number {
        parse(cell.as_bytes(), Decimal::Point)
    }

    fn comma(cell: &str) -> Number {
        parse(cell.as_bytes(), Decimal::Comma)
    }

    #[test]
    fn usual_spellings_are_numbers() {
        for (cell, value) in [
            ("1", 1.0),
            ("-2.5", -2.5),
            ("+3", 3.0),
            ("4.", 4.0),
            (".5", 0.5),
            ("6e2", 600.0),
            ("7E-1", 0.7),
            ("1e-400", 0.0),
            ("007", 7.0),
        ] {
            assert_eq!(point(cell), Number::Plain(value), "{cell}");
        }
    }

    #[test]
    fn odd_spellings_are_not() {
        for cell in [
            "",
            "+",
            "-",
            ".",
            "e5",
            "1e",
            "1e+",
            "--1",
            "0x10",
            "1_000",
            "1 000",
            "８",
            "−9",
            "2024-01-01",
            "10:30",
            "-2+3",
            "1.2.3",
            "12%",
            "$5",
            "1,5",
            "1f64",
            "inf",
            "nan",
        ] {
            assert_eq!(point(cell), Number::No, "{cell}");
        }
    }

    #[test]
    fn thousands_need_groups_of_three() {
        assert_eq!(point("1,000"), Number::Grouped(1000.0));
        assert_eq!(point("-12,345,678.5"), Number::Grouped(-12_345_678.5));
        for cell in [
            "1,00", "0,123", "1,0000", "1234,567", ",123", "1,,000", "1.5,000", "1,000,",
        ] {
            assert_eq!(point(cell), Number::No, "{cell}");
        }
    }

    #[test]
    fn with_a_decimal_comma_points_separate_thousands() {
        assert_eq!(comma("3,86"), Number::Plain(3.86));
        assert_eq!(comma("1.234,5"), Number::Grouped(1234.5));
        assert_eq!(comma("1.234"), Number::Grouped(1234.0));
        assert_eq!(comma("1.5"), Number::No);
    }

    #[test]
    fn minus_zero_keeps_its_sign() {
        let Number::Plain(zero) = point("-0.0") else {
            panic!("-0.0 is a number");
        };
        assert!(zero == 0.0 && zero.is_sign_negative());
    }

    proptest! {
        #[test]
        fn a_double_comes_back_from_its_shortest_spelling(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(point(&format!("{value}")), Number::Plain(value));
            prop_assert_eq!(point(&format!("{value:e}")), Number::Plain(value));
        }

        #[test]
        fn short_decimals_are_read_as_the_standard_library_reads_them(
            cell in "[+-]?[0-9]{1,10}\\.?[0-9]{0,11}"
        ) {
            let value: f64 = cell.parse().expect("the standard library reads it");
            prop_assert_eq!(point(&cell), Number::Plain(value));
        }

        #[test]
        fn what_the_standard_library_refuses_is_not_a_plain_number(cell in "[-+0-9.eE_ x]{0,8}") {
            if cell.parse::<f64>().is_err() {
                prop_assert_eq!(point(&cell), Number::No);
            }
        }
    }
}
