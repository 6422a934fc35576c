//! Queries whose answer is a table: SQL, `FetchXML` and `$apply`. Each becomes
//! a [`Plan`], which one executor carries out.

mod aggregate;
mod answer;
mod apply;
mod execute;
mod fetch;
mod fetch_condition;
mod plan;
mod sql;

use aggregate::Function;
use execute::Table;
use plan::{Column, Join, Ordered, Plan, Source, What};
