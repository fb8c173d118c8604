//! Tests of the whole system; each kind is a test binary of its own beside this file.
