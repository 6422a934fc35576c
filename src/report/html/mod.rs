//! `report.html`: one file for people. It opens without a network and without
//! JavaScript, follows the reader's light or dark setting, and lets nothing
//! that it shows run or load anything (a content security policy forbids all
//! but its own style).
//!
//! In: the stored run, and the histograms that it has only figures of. Out: the
//! document. Every text goes through [`super::escape::html`].

mod chart;
mod course;
mod coverage;
mod curves;
mod findings;
mod lanes;
mod latency;
mod page;
mod timeline;

pub(super) use page::document;
