// The time in calls: milliseconds since 1970 with fractions, which runs evenly whatever happens to the system's clock.

/** Milliseconds since 1970, with fractions of microseconds. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
