// A strict reader of what Prometheus scrapes: text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).

interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

export interface Family {
  name: string;
  help: string;
  type: string;
  samples: Sample[];
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const types = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
/** What samples of a type add to the family's name. */
const suffixes: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/** Reads a page; throws an Error that quotes the first line that breaks a rule. */
export function readExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let family: Family | null = null;
  const seen = new Set<string>();
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.slice(0, -1).split('\n')) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    if (line === '') continue;
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (!metricName.test(name) || families.has(name)) fail('a wrong name, or a family that comes twice');
      family = { name, help: rest, type: '', samples: [] };
      families.set(name, family);
    } else if (keyword === 'TYPE') {
      if (family?.name !== name || family.type !== '' || !types.includes(rest)) fail('a wrong type');
      if (family) family.type = rest;
    } else if (line.startsWith('#')) {
      continue;
    } else {
      const sample = readSample(line) ?? fail('not a sample');
      const allowed = (suffixes[family?.type ?? ''] ?? ['']).map(
        (suffix) => `${family?.name ?? ''}${suffix}`,
      );
      if (!family || family.type === '' || !allowed.includes(sample.name)) fail('a sample of no family');
      const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(key)) fail('a sample that comes twice');
      seen.add(key);
      family?.samples.push(sample);
    }
  }
  for (const one of families.values()) checkFamily(one);
  return families;
}

function readSample(line: string): Sample | null {
  const [, name, , inside = '', number = ''] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined) return null;
  const labels: Record<string, string> = {};
  let rest = inside;
  while (rest !== '') {
    const [whole, label, value] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/.exec(rest) ?? [];
    if (whole === undefined || label === undefined || value === undefined || label in labels) return null;
    labels[label] = value;
    rest = rest.slice(whole.length);
  }
  const value = number === '+Inf' ? Infinity : number === 'Nan' || number === 'NaN' ? NaN : Number(number);
  if (Number.isNaN(value) && !/^nan$/i.test(number)) return null;
  return { name, labels, value };
}

function checkFamily({ name, type, help, samples }: Family): void {
  const fail = (why: string): never => {
    throw new Error(`${name} ${why}`);
  };
  if (type === '' || help === '') fail('has no type or no help');
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) fail('counts below zero');
  if (type !== 'histogram') return;
  const series = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = JSON.stringify(Object.entries(sample.labels).filter(([label]) => label !== 'le'));
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  for (const one of series.values()) {
    const buckets = one.filter((sample) => sample.name === `${name}_bucket`);
    const count = one.find((sample) => sample.name === `${name}_count`)?.value;
    if (buckets.some(({ value }, n) => value < (buckets[n - 1]?.value ?? 0))) fail('has buckets that fall');
    if (buckets.at(-1)?.labels['le'] !== '+Inf' || buckets.at(-1)?.value !== count) fail('has no +Inf');
  }
}
