// Whether the setting `doNotDisturb` asks for silence at a moment.

const minutesOf = (text: string): number => {
  const [hours, minutes] = text.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
};

/** `on`, `off`, or hours such as `22:00-07:00` in local time; the last minute is outside. */
export function isQuiet(doNotDisturb: string, at: Date): boolean {
  const [from, to] = doNotDisturb.split('-');
  if (from === undefined || to === undefined) return doNotDisturb === 'on';
  const now = at.getHours() * 60 + at.getMinutes();
  const start = minutesOf(from);
  const end = minutesOf(to);
  return start < end ? now >= start && now < end : now >= start || now < end;
}
