// What pictures may have at most.

export const MAX_MEGABYTES = 50;
export const MAX_MEGAPIXELS = 32; // beyond it Python reads a half or a quarter of the size, which browsers cannot
