// Results of one day do not wipe out those of another, nor what people have written beside them.
import t from 'tap';
import { mergeSections, readSections } from '../../bench/report.js';

const markdown = '# Benchmark results\n\nhead\n\n## B Old\n\nold B\n\n## What holds it back\n\nwords\n';

t.test('reads the sections of a results file', async (t) => {
  t.same(readSections(markdown), [
    { title: 'B Old', text: 'old B' },
    { title: 'What holds it back', text: 'words' },
  ]);
});

t.test(
  'replaces what was measured anew and keeps the rest, figures in order and words after them',
  async (t) => {
    const fresh = [
      { title: 'D New', text: 'new D' },
      { title: 'B Old', text: 'new B' },
      { title: 'A1 New', text: 'new A' },
    ];
    t.same(mergeSections(readSections(markdown), fresh), [
      { title: 'A1 New', text: 'new A' },
      { title: 'B Old', text: 'new B' },
      { title: 'D New', text: 'new D' },
      { title: 'What holds it back', text: 'words' },
    ]);
  },
);
