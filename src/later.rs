//! Code that the first view does not need, in a file of its own.
//!
//! `cargo xtask build` takes the functions declared with `later!`, and everything that only
//! they reach, out of the wasm file that the page begins with. The browser fetches such a
//! [`Part`] when it is loaded for the first time; from then on its functions are called like
//! any others, and share the memory of the instance. Everywhere else (on the host, under
//! `trunk`, in a `--dev` build) they *are* ordinary functions, and loading does nothing.

/// Functions that are needed later, in a file of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Reading files of the person's own.
    Files,
    /// The list of keys.
    Help,
    /// Everything that moves a run on, and rows of other than two columns.
    Steps,
    /// What a run's past is shown with, once it has one.
    Past,
    /// Links read and written, and what one shares a link with.
    Link,
    /// Every model, algorithm, covariance family and start but those that one meets first.
    Methods,
    /// Measuring the device.
    Measure,
    /// Passes over the rows in several workers at once.
    Shards,
    /// Files out, and models in.
    Export,
}

impl Part {
    /// Where the page finds it, from the page's own address.
    pub fn file(self) -> &'static str {
        match self {
            Part::Files => "later_files.wasm",
            Part::Help => "later_help.wasm",
            Part::Steps => "later_steps.wasm",
            Part::Past => "later_past.wasm",
            Part::Link => "later_link.wasm",
            Part::Methods => "later_methods.wasm",
            Part::Measure => "later_measure.wasm",
            Part::Shards => "later_shards.wasm",
            Part::Export => "later_export.wasm",
        }
    }
}

/// Declares a function that belongs to a [`Part`] and comes with it:
///
/// ```ignore
/// later! { Files 1:
///     /// Opens a file.
///     fn open(session: &mut Session, name: &str, bytes: &[u8]) {
///         session.open_csv(name, bytes);
///     }
/// }
/// ```
///
/// The number tells the functions of one part apart. The function is neither generic (but
/// for one lifetime) nor a method. Before the first call the part must have been loaded
/// (`worker::parts::load`): a call before that is an error of the program and ends the
/// instance, as a panic does.
macro_rules! later {
    (
        $part:ident $number:literal:
        $(#[$attribute:meta])*
        $visible:vis fn $name:ident $(<$life:lifetime>)? ($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    ) => {
        $(#[$attribute])*
        #[cfg(not(parts))]
        $visible fn $name $(<$life>)? ($($argument: $type),*) $(-> $result)? {
            const _: $crate::later::Part = $crate::later::Part::$part;
            $body
        }

        $(#[$attribute])*
        #[cfg(parts)]
        #[expect(unsafe_code, reason = "an import and the export that it means, of one type")]
        #[allow(improper_ctypes, improper_ctypes_definitions, reason = "both ends are Rust")]
        $visible fn $name $(<$life>)? ($($argument: $type),*) $(-> $result)? {
            const _: $crate::later::Part = $crate::later::Part::$part;
            // By these names the splitter knows where to cut: 32 hexadecimal digits tell
            // the functions apart.
            #[link(wasm_import_module = "__wasm_split_placeholder__")]
            unsafe extern "C" {
                #[link_name = concat!(
                    "__wasm_split_00", stringify!($part), "00_import_",
                    $number, "e00000000000000000000000000000000"
                )]
                safe fn there $(<$life>)? ($($argument: $type),*) $(-> $result)?;
            }
            #[unsafe(export_name = concat!(
                "__wasm_split_00", stringify!($part), "00_export_",
                $number, "e00000000000000000000000000000000"
            ))]
            extern "C" fn here $(<$life>)? ($($argument: $type),*) $(-> $result)? $body
            there($($argument),*)
        }
    };
}

pub(crate) use later;

#[cfg(test)]
mod tests {
    later! { Files 0:
        fn sum(numbers: &[f64], start: f64) -> f64 {
            start + numbers.iter().sum::<f64>()
        }
    }

    #[test]
    fn where_nothing_is_split_a_later_function_is_an_ordinary_one() {
        assert_eq!(sum(&[1.0, 2.0], 4.0), 7.0);
    }
}
