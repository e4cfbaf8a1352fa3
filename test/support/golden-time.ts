// The moment at which golden screens are taken: Thursday 5 March 2026, 14:05 UTC.
export const goldenNowMs = Date.UTC(2026, 2, 5, 14, 5);
