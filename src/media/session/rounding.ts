// Figures as people read them: with one decimal.

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function rounded(value: number | null): number | null {
  return value === null ? null : round(value);
}
