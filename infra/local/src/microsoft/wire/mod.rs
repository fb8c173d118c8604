//! The way in and out: what a request says, who may ask what, how answers and refusals look.

pub(crate) mod answer;
mod assertion;
pub(crate) mod base64;
mod batch;
pub(crate) mod endpoint;
pub(crate) mod filter;
pub(crate) mod gate;
pub(crate) mod link;
pub(crate) mod request;
pub(crate) mod serve;
pub(crate) mod token;
