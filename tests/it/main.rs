//! The integration tests, in one binary: one link, and helpers shared by all.

#[cfg(test)]
mod api;
#[cfg(test)]
mod calendars_andersson2012;
#[cfg(test)]
mod conduct;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod dataset;
#[cfg(test)]
mod http;
#[cfg(test)]
mod installation;
#[cfg(test)]
mod instrument;
#[cfg(test)]
mod protocol;
#[cfg(test)]
mod protocols_that_ship;
#[cfg(test)]
mod randomization;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod world;
