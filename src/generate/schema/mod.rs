//! JSON Schema as a generator: seed in, document out.
//!
//! In: a schema of an OpenAPI document, or any of JSON Schema 2020-12 or draft
//! 4. Out: values that keep it, values at its edges, values aimed at breaking
//! one keyword at one place. Every value is validated before it leaves; what
//! can't be made says why. Knows nothing of requests.
//!
//! A schema is a demand; demands are taken together, apart (`expand`), and
//! turned around (`deny`) until each way to keep them is a set of plain facts
//! (`facts`). Each way becomes a node (`compile`), from which values are drawn
//! (`draw`). What breaks a keyword is made the same way: the keyword turned
//! around, everything else kept (`twist`).

mod aim;
mod bytes;
mod columns;
mod compile;
mod deny;
mod draft4;
mod draw;
mod draw_list;
mod draw_record;
mod expand;
mod facts;
mod format;
mod generator;
mod keyword;
mod list;
mod model;
mod number;
mod pattern;
#[cfg(test)]
mod random_tests;
mod reach;
mod record;
mod source;
mod target;
#[cfg(test)]
mod tests;
mod text;
mod twist;
mod walk;

pub(crate) use columns::Column;
pub use draft4::SchemaDraft;
pub(crate) use draw::Ask;
pub use generator::SchemaGenerator;
pub(crate) use target::Target;
pub(crate) use text::Medium;
