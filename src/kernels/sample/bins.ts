/** Bins of the distance below the likeliest logit; row.wgsl says the same to shaders. */
export const BINS = 256;
