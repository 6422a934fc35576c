//! What a gateway really admits: estimators over observed exchanges, pure.
