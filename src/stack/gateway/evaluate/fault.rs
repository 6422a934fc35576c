//! Exceptions of expressions: which, and their text.

/// The kinds of exceptions that expressions raise, as .NET names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::gateway) enum Exception {
    /// `System.Exception`, raised by `throw` and wherever nothing is known.
    Any,
    Argument,
    ArgumentNull,
    ArgumentOutOfRange,
    DivideByZero,
    Format,
    IndexOutOfRange,
    InvalidCast,
    InvalidOperation,
    Json,
    KeyNotFound,
    NullReference,
    Overflow,
    /// A bound of the interpreter: no `catch` sees it.
    Limit,
}

impl Exception {
    /// The kind of a class's name, where it is one of these.
    pub(in crate::stack::gateway) fn named(name: &str) -> Self {
        match name {
            "ArgumentException" => Self::Argument,
            "ArgumentNullException" => Self::ArgumentNull,
            "ArgumentOutOfRangeException" => Self::ArgumentOutOfRange,
            "DivideByZeroException" => Self::DivideByZero,
            "FormatException" => Self::Format,
            "IndexOutOfRangeException" => Self::IndexOutOfRange,
            "InvalidCastException" => Self::InvalidCast,
            "InvalidOperationException" => Self::InvalidOperation,
            "JsonException" | "JsonReaderException" => Self::Json,
            "KeyNotFoundException" => Self::KeyNotFound,
            "NullReferenceException" => Self::NullReference,
            "OverflowException" => Self::Overflow,
            _ => Self::Any,
        }
    }

    /// Its class, as `ToString` writes it.
    pub(in crate::stack::gateway) const fn name(self) -> &'static str {
        match self {
            Self::Any | Self::Limit => "System.Exception",
            Self::Argument => "System.ArgumentException",
            Self::ArgumentNull => "System.ArgumentNullException",
            Self::ArgumentOutOfRange => "System.ArgumentOutOfRangeException",
            Self::DivideByZero => "System.DivideByZeroException",
            Self::Format => "System.FormatException",
            Self::IndexOutOfRange => "System.IndexOutOfRangeException",
            Self::InvalidCast => "System.InvalidCastException",
            Self::InvalidOperation => "System.InvalidOperationException",
            Self::Json => "Newtonsoft.Json.JsonReaderException",
            Self::KeyNotFound => "System.Collections.Generic.KeyNotFoundException",
            Self::NullReference => "System.NullReferenceException",
            Self::Overflow => "System.OverflowException",
        }
    }

    /// Whether `catch (wanted)` sees it.
    pub(super) fn is(self, wanted: Self) -> bool {
        match wanted {
            _ if self == Self::Limit => false,
            Self::Any => true,
            Self::Argument => matches!(self, Self::Argument | Self::ArgumentNull | Self::ArgumentOutOfRange),
            other => self == other,
        }
    }
}

/// An exception: its kind and its text.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::gateway) struct Fault {
    pub(in crate::stack::gateway) kind: Exception,
    pub(in crate::stack::gateway) text: String,
}

impl Fault {
    /// An exception of a kind.
    pub(in crate::stack::gateway) fn of(kind: Exception, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    /// An exception of which only the text matters.
    pub(in crate::stack::gateway) fn new(text: impl Into<String>) -> Self {
        Self::of(Exception::Any, text)
    }

    /// A member of null was asked for.
    pub(in crate::stack::gateway) fn null() -> Self {
        Self::of(Exception::NullReference, "Object reference not set to an instance of an object.")
    }

    /// An argument was null.
    pub(in crate::stack::gateway) fn null_argument(name: &str) -> Self {
        Self::of(Exception::ArgumentNull, format!("Value cannot be null.\r\nParameter name: {name}"))
    }

    /// A text is no number, date, … of the form wanted.
    pub(in crate::stack::gateway) fn format() -> Self {
        Self::of(Exception::Format, "Input string was not in a correct format.")
    }

    /// A key is not in a dictionary.
    pub(in crate::stack::gateway) fn no_key() -> Self {
        Self::of(Exception::KeyNotFound, "The given key was not present in the dictionary.")
    }

    /// An index is not in an array.
    pub(in crate::stack::gateway) fn no_index() -> Self {
        Self::of(Exception::IndexOutOfRange, "Index was outside the bounds of the array.")
    }

    /// An argument is out of range; .NET names it.
    pub(in crate::stack::gateway) fn out_of_range(text: &str, name: &str) -> Self {
        Self::of(Exception::ArgumentOutOfRange, format!("{text}\r\nParameter name: {name}"))
    }

    /// The bounds of the interpreter are reached.
    pub(in crate::stack::gateway) fn limit() -> Self {
        Self::of(Exception::Limit, "The expression takes too long or makes too much.")
    }
}

/// What is left of an evaluation's bound: so that no expression runs for ever.
#[derive(Clone, Copy, Debug)]
pub(in crate::stack::gateway) struct Work(u32);

/// Steps that an evaluation may take.
const MAX_STEPS: u32 = 1_000_000;

/// The longest text that an expression may make, in bytes.
pub(in crate::stack::gateway) const MAX_TEXT: usize = 8 * 1024 * 1024;

impl Work {
    /// A whole evaluation's.
    pub(in crate::stack::gateway) const fn new() -> Self {
        Self(MAX_STEPS)
    }

    /// What is left.
    pub(super) fn left(self) -> i32 {
        self.0 as i32
    }

    /// Takes so many steps of what is left.
    pub(in crate::stack::gateway) fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        if let Some(left) = u32::try_from(steps).ok().and_then(|s| self.0.checked_sub(s)) {
            self.0 = left;
            Ok(())
        } else {
            self.0 = 0;
            Err(Fault::limit())
        }
    }

    /// Takes what making or reading a text of so many bytes costs.
    pub(in crate::stack::gateway) fn spend_text(&mut self, bytes: usize) -> Result<(), Fault> {
        if bytes > MAX_TEXT { Err(Fault::limit()) } else { self.spend(bytes / 64) }
    }
}
