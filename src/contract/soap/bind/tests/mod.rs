mod styles;
mod told;
