//! Tests of the H.264 rules.
