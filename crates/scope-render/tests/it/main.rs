//! Everything that the crate promises, from a state to what is seen of it.

mod again;
mod fixture;
mod flows;
mod groups;
mod outputs;
mod restrict;
mod views;
