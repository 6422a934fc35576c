//! Contract and observation in, findings and a verdict out. Pure: no sockets,
//! no clock, no memory between subjects. Imports neither `traffic` nor `stack`,
//! neither `limit` nor `policy`.
