//! Response against contract: what OpenAPI alone promises. These checks judge
//! a plain document without behaviour file too.

pub(super) mod accepted_violation;
pub(super) mod allow_methods;
pub(super) mod body_schema;
pub(super) mod created_available;
pub(super) mod credentials_ignored;
pub(super) mod gone_after_delete;
pub(super) mod header_schema;
pub(super) mod link_broken;
pub(super) mod media_type;
pub(super) mod refused_conforming;
pub(super) mod required_header;
pub(super) mod server_error;
pub(super) mod undeclared_status;
