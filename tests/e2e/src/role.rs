//! Kinds of elements, as assistive technology names them.

/// What an element is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Announces a problem.
    Alert,
    /// Does something when pressed.
    Button,
    /// Is on or off.
    Checkbox,
    /// Chooses one of a list.
    Combobox,
    /// Lies above the page while it is open.
    Dialog,
    /// Chooses a number by a handle.
    Slider,
    /// Chooses a number by typing.
    Spinbutton,
    /// Says how things are.
    Status,
    /// Rows and columns.
    Table,
    /// Takes what is typed.
    Textbox,
}

impl Role {
    /// A selector of all elements that may have this role.
    pub(crate) fn selector(self) -> &'static str {
        match self {
            Self::Alert => "[role=alert]",
            Self::Button => "button, [role=button], input[type=button]",
            Self::Checkbox => "input[type=checkbox], [role=checkbox]",
            Self::Combobox => "select, [role=combobox]",
            Self::Dialog => "dialog[open], [role=dialog]",
            Self::Slider => "input[type=range], [role=slider]",
            Self::Spinbutton => "input[type=number], [role=spinbutton]",
            Self::Status => "output, [role=status]",
            Self::Table => "table, [role=table], [role=grid]",
            Self::Textbox => "input[type=text], [role=textbox]",
        }
    }
}
